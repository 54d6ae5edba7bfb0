using System.Globalization;

namespace Ingest.Crash.Tests.Harness;

/// <summary>Reads Prometheus text.</summary>
internal static class Metrics
{
    /// <summary>The sum of a metric's series.</summary>
    internal static long Value(string text, string name)
    {
        var lines = text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .ToList();
        Assert.NotEmpty(lines);
        return (long)lines.Sum(line => double.Parse(ValueOf(line, name), CultureInfo.InvariantCulture));
    }

    private static string ValueOf(string line, string name) =>
        line[Math.Max(line.LastIndexOf('}') + 1, name.Length)..].Trim().Split(' ')[0];
}
