namespace Ingest.Crash.Tests.Probing;

/// <summary>How long answers took, in milliseconds.</summary>
internal sealed class Latencies(IEnumerable<double> milliseconds)
{
    private readonly List<double> _sorted = [.. milliseconds.Order()];

    /// <summary>What all but this share of the answers took at most.</summary>
    internal double At(double share) => _sorted[(int)(_sorted.Count * share)];

    public override string ToString() => FormattableString.Invariant(
        $"{_sorted.Count,6} answers, p50 {At(0.5):F3} ms, p90 {At(0.9):F3} ms, p99 {At(0.99):F3} ms, max {_sorted[^1]:F1} ms");
}
