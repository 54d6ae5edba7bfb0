namespace Ingest.Sinks.Http.Connections;

/// <summary>Rules for the headers that an operator may add to requests. Pure. Messages never contain values.</summary>
internal static class HeaderRules
{
    internal const int HeadersMax = 64;
    private const int NameLengthMax = 100;
    private const int ValueLengthMax = 8 * 1024;
    private const string TokenMarks = "!#$%&'*+-.^_`|~";

    // What each request says of itself, its body and its connection.
    private static readonly string[] OfSink =
    [
        "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Host", "Connection", "Keep-Alive", "Proxy-Connection",
        "Upgrade", "HTTP2-Settings", "TE", "Trailer", "Expect", "Idempotency-Key", "Ingest-Sequence", "Ingest-Events", "Ingest-Signature",
        "traceparent", "tracestate",
    ];

    private static readonly Dictionary<string, string> Instead = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Authorization"] = "BearerFile, BasicPasswordFile or AuthorizationFile",
    };

    /// <summary>True for a header that the sink or the connection sets.</summary>
    internal static bool IsOfSink(string name) =>
        OfSink.Contains(name, StringComparer.OrdinalIgnoreCase) || Instead.ContainsKey(name)
        || name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with a header, to stand behind its name; null when nothing is.</summary>
    internal static string? FaultIn(string name, string value)
    {
        if (!IsToken(name))
        {
            return $"is no header's name: at most {NameLengthMax} letters, digits and {TokenMarks}.";
        }
        if (Instead.TryGetValue(name, out var setting))
        {
            return $"is set with {setting}.";
        }
        if (IsOfSink(name))
        {
            return "is set by the sink itself.";
        }
        if (value.Length > ValueLengthMax)
        {
            return $"has more than {ValueLengthMax} characters.";
        }
        return IsValue(value) ? null : "has a line break or another character that no header can carry: ASCII without control characters.";
    }

    /// <summary>Whether a header can carry the text as it is.</summary>
    internal static bool IsValue(ReadOnlySpan<char> value)
    {
        foreach (var character in value)
        {
            if (character is (< ' ' or > '~') and not '\t')
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether a text is a header's name or a scheme (RFC 9110, <c>token</c>).</summary>
    internal static bool IsToken(string text) =>
        text.Length is > 0 and <= NameLengthMax
        && text.All(character => char.IsAsciiLetterOrDigit(character) || TokenMarks.Contains(character, StringComparison.Ordinal));
}
