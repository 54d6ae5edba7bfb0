using System.Globalization;
using Ingest.Hosting.Settings.Values;

namespace Ingest.Worker.Terminal;

/// <summary>Figures as people read them.</summary>
internal static class Humanize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>1,842,113</summary>
    internal static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>One thing, or many: <c>1 event</c>, <c>2 events</c>.</summary>
    internal static string Count(long count, string thing) => $"{Count(count)} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>1.2 GiB</summary>
    internal static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return value.ToString(unit == 0 || value >= 100 ? "N0" : "0.#", CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>3.2 s, 5m 10s, 2h 5m</summary>
    internal static string Seconds(double seconds)
    {
        if (seconds < 60)
        {
            return seconds.ToString(seconds < 10 ? "0.###" : "0.#", CultureInfo.InvariantCulture) + " s";
        }
        var span = TimeSpan.FromSeconds(Math.Round(seconds));
        return span.TotalHours < 1 ? $"{span.Minutes}m {span.Seconds}s"
            : span.TotalDays < 1 ? $"{span.Hours}h {span.Minutes}m"
            : $"{(int)span.TotalDays}d {span.Hours}h";
    }

    /// <summary>How long ago, in its largest unit: 12s, 5m, 2h, 3d. Until then by this machine's clock.</summary>
    internal static string Ago(DateTimeOffset since)
    {
        var span = TimeProvider.System.GetUtcNow() - since;
        return span.TotalSeconds < 60 ? $"{Math.Max(0, (int)span.TotalSeconds)}s"
            : span.TotalMinutes < 60 ? $"{(int)span.TotalMinutes}m"
            : span.TotalHours < 24 ? $"{(int)span.TotalHours}h"
            : $"{(int)span.TotalDays}d";
    }

    /// <summary>0.71 ms, 12.3 s</summary>
    internal static string Milliseconds(double milliseconds) =>
        milliseconds >= 1000 ? Seconds(milliseconds / 1000) : milliseconds.ToString("0.##", CultureInfo.InvariantCulture) + " ms";

    /// <summary>42 %</summary>
    internal static string Percent(double ratio) => (ratio * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    /// <summary>2026-11-21 08:42:10Z</summary>
    internal static string Time(long? unixMs) => unixMs is { } ms
        ? DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : "";

    /// <summary>A version with as much of the commit as anybody compares: <c>0.1.0+3690db0</c>.</summary>
    internal static string Version(string version) =>
        version.IndexOf('+', StringComparison.Ordinal) is var plus and > 0 ? version[..Math.Min(version.Length, plus + 8)] : version;

    /// <summary>A setting's duration: <c>5s</c>.</summary>
    internal static string Setting(TimeSpan duration) => Duration.Format(duration);
}
