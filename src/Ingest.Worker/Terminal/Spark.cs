namespace Ingest.Worker.Terminal;

/// <summary>Numbers as a line of bars: the lowest is 0, the highest the largest of them.</summary>
internal static class Spark
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>A bar for each; a dot where nothing is known.</summary>
    internal static string Line(IReadOnlyList<double?> values)
    {
        var most = values.OfType<double>().DefaultIfEmpty().Max();
        return string.Concat(values.Select(value => value is not { } known ? '·'
            : most <= 0 ? Bars[0]
            : Bars[Math.Clamp((int)Math.Ceiling(known / most * Bars.Length) - 1, 0, Bars.Length - 1)]));
    }
}
