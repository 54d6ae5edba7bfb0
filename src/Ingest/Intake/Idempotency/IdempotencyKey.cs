using Ingest.Intake.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Idempotency;

/// <summary>The header <c>Idempotency-Key</c>: bare, or in double quotes as its specification has it. Both are the same key.</summary>
internal static class IdempotencyKey
{
    /// <summary>Most characters of a key.</summary>
    internal const int LengthMax = 255;

    internal static Problem TryRead(StringValues header, out string key)
    {
        key = header.Count == 1 ? header.ToString().Trim() : "";
        if (key.Length >= 2 && key[0] == '"' && key[^1] == '"')
        {
            key = key[1..^1];
        }
        return key.Length is > 0 and <= LengthMax && !key.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? default
            : new Problem(ProblemKind.BadRequest, "Idempotency-Key must have 1 to 255 printable ASCII characters.");
    }
}
