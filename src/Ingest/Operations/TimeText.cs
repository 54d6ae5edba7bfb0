using System.Globalization;

namespace Ingest.Operations;

/// <summary>
/// Times as operators write them: RFC 3339, <c>2026-11-21T08:00:00Z</c>, with parts left out from the end. Other orders of day and month
/// are refused: <c>05/06/2026</c> is two different days to two readers.
/// </summary>
public static class TimeText
{
    /// <summary>What is accepted, for messages.</summary>
    public const string Expected = "a time such as 2026-11-21T08:00:00Z";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Reads a time; without an offset it is UTC.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
