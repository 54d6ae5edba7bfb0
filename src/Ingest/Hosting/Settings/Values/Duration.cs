using System.Buffers;
using System.Globalization;

namespace Ingest.Hosting.Settings.Values;

/// <summary>Durations as people write them: <c>250ms</c>, <c>5s</c>, <c>1h30m</c>, <c>7d</c>, or <c>[d.]hh:mm:ss[.fff]</c>.</summary>
public static class Duration
{
    /// <summary>What an error says is allowed.</summary>
    public const string Expected = "a duration such as 250ms, 5s, 2m, 1h, 7d or 00:00:05";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly (string Name, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>
    /// Reads a duration. A bare number other than 0 is refused: one person means seconds, the next milliseconds, and the framework's own
    /// parser days.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        var rest = text.AsSpan().Trim();
        if (rest.Contains(':'))
        {
            return TimeSpan.TryParse(rest, CultureInfo.InvariantCulture, out value);
        }
        value = TimeSpan.Zero;
        if (rest is "0")
        {
            return true;
        }
        var ticks = 0.0;
        var any = false;
        while (rest.Length > 0)
        {
            if (!TryTakePart(ref rest, out var part))
            {
                return false;
            }
            ticks += part;
            any = true;
        }
        if (!any || ticks > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }
        value = TimeSpan.FromTicks((long)Math.Round(ticks));
        return true;
    }

    /// <summary>The shortest form that reads back as the same value: <c>1h30m</c>, <c>250ms</c>.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0";
        }
        if (value < TimeSpan.Zero || value.Ticks % TimeSpan.TicksPerMicrosecond != 0)
        {
            return value.ToString("c", CultureInfo.InvariantCulture);
        }
        var text = "";
        var rest = value.Ticks;
        foreach (var unit in (ReadOnlySpan<string>)["d", "h", "m", "s", "ms", "us"])
        {
            var ticks = Array.Find(Units, entry => entry.Name == unit).Ticks;
            if (rest / ticks is > 0 and var count)
            {
                text += count.ToString(CultureInfo.InvariantCulture) + unit;
                rest %= ticks;
            }
        }
        return text;
    }

    private static bool TryTakePart(ref ReadOnlySpan<char> rest, out double ticks)
    {
        ticks = 0;
        var digits = rest.IndexOfAnyExcept(Digits);
        if (digits <= 0
            || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        rest = rest[digits..];
        foreach (var (name, unit) in Units)
        {
            if (rest.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[name.Length..].TrimStart();
                ticks = number * unit;
                return true;
            }
        }
        return false;
    }
}
