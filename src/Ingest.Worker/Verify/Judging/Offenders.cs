namespace Ingest.Worker.Verify.Judging;

/// <summary>How often each finding was made, and its first offenders. One thread.</summary>
internal sealed class Offenders
{
    private const int ShownMax = 5;

    private readonly long[] _counts = new long[Enum.GetValues<Finding>().Length];
    private readonly List<string>[] _first = [.. Enum.GetValues<Finding>().Select(_ => new List<string>())];

    /// <summary>How often a finding was made.</summary>
    internal long this[Finding finding] => _counts[(int)finding];

    /// <summary>The first offenders by the finding's name in JSON, where there are any.</summary>
    internal SortedDictionary<string, string[]> First => new(
        Enum.GetValues<Finding>().Where(finding => this[finding] > 0).ToDictionary(
            finding => char.ToLowerInvariant(finding.ToString()[0]) + finding.ToString()[1..],
            finding => _first[(int)finding].ToArray()),
        StringComparer.Ordinal);

    /// <summary>Counts one; its description is made for the first few alone.</summary>
    internal void Add(Finding finding, Func<string> description)
    {
        _counts[(int)finding]++;
        if (_first[(int)finding].Count < ShownMax)
        {
            _first[(int)finding].Add(description());
        }
    }
}
