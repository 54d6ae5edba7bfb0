using System.Diagnostics;
using System.Text;
using Ingest.Events;
using Ingest.Intake.Body;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Http;

/// <summary>W3C trace context: what an event carries on, so that its delivery belongs to the trace of its request.</summary>
internal static class TraceContext
{
    private const int ParentCharacters = 55;
    private const int StateCharactersMax = 512;

    /// <summary>Writes <c>traceparent</c> and <c>tracestate</c> where there is a trace. What is not valid is as good as absent.</summary>
    internal static void Write(IHeaderDictionary headers, ScratchBuffer attributes)
    {
        // Where a tracer listens, the request has a span of its own, and delivery comes below that one.
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity)
        {
            Write(attributes, id, activity.TraceStateString);
            return;
        }
        var parent = headers.TraceParent;
        if (parent.Count == 1 && parent.ToString() is var text && IsValid(text))
        {
            Write(attributes, text, headers.TraceState.ToString());
        }
    }

    /// <summary>Whether <paramref name="parent"/> is a version 00 traceparent, or one of a later version that reads like it.</summary>
    internal static bool IsValid(ReadOnlySpan<char> parent) =>
        parent.Length >= ParentCharacters
        && (parent.Length == ParentCharacters || (parent[ParentCharacters] == '-' && !parent.StartsWith("00")))
        && parent.Length <= StateCharactersMax
        && parent[2] == '-' && parent[35] == '-' && parent[52] == '-'
        && IsLowerHex(parent[..2]) && !parent.StartsWith("ff")
        && IsLowerHex(parent[3..35]) && parent[3..35].ContainsAnyExcept('0')
        && IsLowerHex(parent[36..52]) && parent[36..52].ContainsAnyExcept('0')
        && IsLowerHex(parent[53..55])
        && !parent.ContainsAnyExceptInRange('!', '~');

    private static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigitLower(character))
            {
                return false;
            }
        }
        return true;
    }

    private static void Write(ScratchBuffer attributes, string parent, string? state)
    {
        WriteAscii(attributes, "traceparent"u8, parent);
        if (!string.IsNullOrEmpty(state) && state.Length <= StateCharactersMax && !state.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            WriteAscii(attributes, "tracestate"u8, state);
        }
    }

    private static void WriteAscii(ScratchBuffer attributes, ReadOnlySpan<byte> name, string value)
    {
        Span<byte> bytes = stackalloc byte[StateCharactersMax];
        EventEncoder.WriteAttribute(attributes, name, bytes[..Encoding.ASCII.GetBytes(value, bytes)]);
    }
}
