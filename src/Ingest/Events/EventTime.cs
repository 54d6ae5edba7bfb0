using System.Globalization;

namespace Ingest.Events;

/// <summary>Times as they stand beside events: RFC 3339 in UTC, with milliseconds, <c>2026-11-21T08:42:10.132Z</c>.</summary>
public static class EventTime
{
    /// <summary>For <see cref="DateTimeOffset"/> in UTC, with the invariant culture.</summary>
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>The text of a time in Unix ms.</summary>
    public static string Text(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString(Format, CultureInfo.InvariantCulture);
}
