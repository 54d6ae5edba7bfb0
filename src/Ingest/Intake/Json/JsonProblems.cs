using System.Text.Unicode;
using Ingest.Intake.Body;
using Ingest.Intake.Http;

namespace Ingest.Intake.Json;

/// <summary>What is wrong with JSON, as the producer is told.</summary>
internal static class JsonProblems
{
    /// <summary>Where the body stops being UTF-8; its length where it never does. A byte order mark is a problem of its own.</summary>
    internal static int FirstInvalid(ReadOnlySpan<byte> body, out Problem problem)
    {
        problem = body.StartsWith("\uFEFF"u8) ? Malformed(JsonFault.ByteOrderMark, 0, body.Length) : default;
        return Utf8.IsValid(body) ? body.Length : Utf8Fault.Find(body);
    }

    /// <summary>The first thing that is wrong: the grammar at <paramref name="offset"/>, or the encoding before it.</summary>
    internal static Problem Malformed(JsonFault fault, int offset, int invalid)
    {
        if (fault == JsonFault.None || invalid < offset)
        {
            (fault, offset) = (JsonFault.InvalidUtf8, invalid);
        }
        return new Problem(ProblemKind.MalformedJson, JsonFaultText.Of(fault), offset);
    }

    /// <summary>Whether only blanks are left.</summary>
    internal static bool End(ref JsonScanner scanner) => !scanner.SkipSpace() || scanner.Fail(JsonFault.TrailingData, scanner.Position);
}
