using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Http;

/// <summary>The id under which a request is found again: the producer's own if it is sane, else a short one of ours.</summary>
internal sealed class RequestIdentity
{
    private const int LengthMax = 128;
    private const int CounterDigits = 12;

    private readonly string _prefix = Guid.NewGuid().ToString("N")[..8] + "-";
    private long _count;

    /// <summary>Sets <c>X-Request-Id</c> on the answer.</summary>
    internal void Write(HttpContext context)
    {
        var sent = context.Request.Headers[IntakeHeaders.RequestId];
        context.Response.Headers[IntakeHeaders.RequestId] =
            sent.Count == 1 && IsSane(sent[0]) ? sent : (Microsoft.Extensions.Primitives.StringValues)Next();
    }

    private static bool IsSane(ReadOnlySpan<char> id) => id.Length is > 0 and <= LengthMax && !id.ContainsAnyExceptInRange('!', '~');

    /// <summary>Random per process, counted within it: unique without a random draw per request.</summary>
    private string Next() => string.Create(
        _prefix.Length + CounterDigits,
        (_prefix, Count: Interlocked.Increment(ref _count)),
        static (text, id) =>
        {
            id._prefix.CopyTo(text);
            id.Count.TryFormat(text[id._prefix.Length..], out _, "x12");
        });
}
