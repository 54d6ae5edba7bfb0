using System.Text;

namespace Ingest.Operations.Prometheus;

/// <summary>OpenTelemetry's names and units as Prometheus writes them: <c>http.server.request.duration</c> in <c>s</c> becomes
/// <c>http_server_request_duration_seconds</c>.</summary>
internal static class MetricName
{
    private const string TotalSuffix = "_total";

    /// <summary>The family's name, without <c>_total</c>: formats differ in where they want that.</summary>
    internal static string Family(string name, string? unit, bool isGauge)
    {
        var family = Sanitize(name, colons: true);
        if (family.EndsWith(TotalSuffix, StringComparison.Ordinal))
        {
            family = family[..^TotalSuffix.Length];
        }
        var suffix = Unit(unit, isGauge);
        return suffix.Length == 0 || HasWords(family, suffix) ? family : $"{family}_{suffix}";
    }

    internal static string Label(string name) => Sanitize(name, colons: false);

    /// <summary>The unit in words, empty for none: <c>s</c> is <c>seconds</c>, <c>By/s</c> is <c>bytes_per_second</c>.</summary>
    internal static string Unit(string? unit, bool isGauge)
    {
        var text = Unannotated(unit ?? "");
        if (text is "1")
        {
            return isGauge ? "ratio" : "";
        }
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return Word(text);
        }
        var (above, below) = (Word(text[..slash]), Singular(text[(slash + 1)..]));
        return below.Length == 0 ? above : above.Length == 0 ? $"per_{below}" : $"{above}_per_{below}";
    }

    // {request} says what is counted, not in which unit.
    private static string Unannotated(string unit)
    {
        var output = new StringBuilder(unit.Length);
        var depth = 0;
        foreach (var character in unit)
        {
            depth += character == '{' ? 1 : 0;
            if (depth == 0)
            {
                output.Append(character);
            }
            depth -= character == '}' ? 1 : 0;
        }
        return output.ToString().Trim();
    }

    private static string Word(string unit) => unit switch
    {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        "" => "",
        _ => Sanitize(unit, colons: false).Trim('_'),
    };

    private static string Singular(string unit) => unit switch
    {
        "s" => "second",
        "m" or "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        "" => "",
        _ => Sanitize(unit, colons: false).Trim('_'),
    };

    private static bool HasWords(string name, string words) => $"_{name}_".Contains($"_{words}_", StringComparison.Ordinal);

    private static string Sanitize(string name, bool colons)
    {
        var output = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            var allowed = char.IsAsciiLetterOrDigit(character) || (colons && character == ':');
            if (allowed)
            {
                output.Append(character);
            }
            else if (output.Length == 0 || output[^1] != '_')
            {
                output.Append('_');
            }
        }
        if (output.Length == 0 || char.IsAsciiDigit(output[0]))
        {
            output.Insert(0, '_');
        }
        return output.ToString();
    }
}
