using System.Globalization;
using System.Text.RegularExpressions;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A histogram without labels of its own, read from Prometheus text.</summary>
internal sealed partial class MetricHistogram
{
    private readonly List<(double Bound, long Count)> _buckets;

    internal MetricHistogram(string text, string name)
    {
        _buckets = [.. Bucket().Matches(text)
            .Where(match => match.Groups["name"].Value == name)
            .Select(match => (Bound(match.Groups["le"].Value), (long)Bound(match.Groups["count"].Value)))
            .OrderBy(bucket => bucket.Item1)];
        Assert.NotEmpty(_buckets);
    }

    internal long Count => _buckets[^1].Count;

    /// <summary>Linear between the bounds of the bucket it falls into, as Prometheus has it.</summary>
    internal double Quantile(double share)
    {
        var rank = share * Count;
        var (lowerBound, lowerCount) = (0.0, 0L);
        foreach (var (bound, count) in _buckets)
        {
            if (count >= rank)
            {
                return lowerBound + ((bound - lowerBound) * (rank - lowerCount) / Math.Max(1, count - lowerCount));
            }
            (lowerBound, lowerCount) = (bound, count);
        }
        return double.PositiveInfinity;
    }

    private static double Bound(string text) =>
        text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^(?<name>\w+)_bucket\{[^}]*?le="(?<le>[^"]+)"[^}]*\} (?<count>\S+)""", RegexOptions.Multiline)]
    private static partial Regex Bucket();
}
