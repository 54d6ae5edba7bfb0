using Ingest.Wal.Reading;

namespace Ingest.Wal.Tests.Testing;

/// <summary>What a reader found.</summary>
/// <param name="Records">Texts by number.</param>
/// <param name="Gaps">What was missing.</param>
internal sealed record LogContent(SortedDictionary<long, string> Records, List<WalGap> Gaps)
{
    /// <summary>Numbers that were passed over by starts after a stop that was not in order.</summary>
    internal List<WalGap> Skips { get; } = [];

    /// <summary>What of it has no larger numbers.</summary>
    internal LogContent UpTo(long last) => new(
        new SortedDictionary<long, string>(Records.Where(record => record.Key <= last).ToDictionary(record => record.Key, record =>
            record.Value)),
        [.. Gaps.Where(gap => gap.First <= last)]);

    /// <summary>
    /// The records are exactly these numbers, with the texts <see cref="LogExtensions.Fill"/> wrote, and there is no gap.
    /// </summary>
    internal void AssertFilled(long first, long last, int bytes = 1000)
    {
        Assert.Empty(Gaps);
        Assert.Equal(Numbers(first, last), Records.Keys);
        Assert.All(Records, record => Assert.Equal(LogExtensions.Text(record.Key, bytes), record.Value));
    }

    /// <summary>Every number from first to last is there with its text, or in exactly one gap, or passed over.</summary>
    internal void AssertAccountedFor(long first, long last, int bytes = 1000)
    {
        var missing = Gaps.Concat(Skips).SelectMany(gap => Numbers(gap.First, gap.First + gap.Count - 1));
        Assert.Equal(Numbers(first, last), Records.Keys.Concat(missing).Order());
        Assert.All(Records, record => Assert.Equal(LogExtensions.Text(record.Key, bytes), record.Value));
    }

    /// <summary>How many records are missing.</summary>
    internal long Lost => Gaps.Sum(gap => gap.Count);

    private static IEnumerable<long> Numbers(long first, long last) =>
        Enumerable.Range((int)first, (int)(last - first + 1)).Select(number => (long)number);
}
