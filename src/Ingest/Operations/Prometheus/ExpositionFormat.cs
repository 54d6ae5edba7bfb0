using System.Globalization;

namespace Ingest.Operations.Prometheus;

/// <summary>The two texts a scraper may ask for.</summary>
internal sealed record ExpositionFormat(string ContentType, bool IsOpenMetrics)
{
    /// <summary>What everything that reads Prometheus reads.</summary>
    internal static readonly ExpositionFormat Text = new("text/plain; version=0.0.4; charset=utf-8", IsOpenMetrics: false);

    /// <summary>OpenMetrics 1.0.</summary>
    internal static readonly ExpositionFormat OpenMetrics = new($"{OpenMetricsType}; version=1.0.0; charset=utf-8", IsOpenMetrics: true);

    private const string OpenMetricsType = "application/openmetrics-text";

    /// <summary>OpenMetrics where it is asked for and not liked less than text.</summary>
    internal static ExpositionFormat Negotiate(string accept)
    {
        double open = 0, text = 0;
        foreach (var part in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parameters = part.Split(';', StringSplitOptions.TrimEntries);
            var quality = Quality(parameters);
            if (parameters[0].Equals(OpenMetricsType, StringComparison.OrdinalIgnoreCase) && !AsksForOtherVersion(parameters))
            {
                open = Math.Max(open, quality);
            }
            else if (parameters[0].Equals("text/plain", StringComparison.OrdinalIgnoreCase))
            {
                text = Math.Max(text, quality);
            }
        }
        return open > 0 && open >= text ? OpenMetrics : Text;
    }

    private static double Quality(string[] parameters)
    {
        var given = Array.Find(parameters, parameter => parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase));
        return given is null ? 1 : double.TryParse(given.AsSpan(2), NumberStyles.Float, CultureInfo.InvariantCulture, out var q) ? q : 0;
    }

    private static bool AsksForOtherVersion(string[] parameters) =>
        Array.Exists(parameters, parameter => parameter.StartsWith("version=", StringComparison.OrdinalIgnoreCase)
            && parameter is not ("version=1.0.0" or "version=0.0.1"));
}
