using System.Collections.Concurrent;
using Ingest.Publishing;

namespace Ingest.Tests.Publishing;

/// <summary>Dead letters a test can look at, and can make fail.</summary>
internal sealed class MemoryDeadLetters : IDeadLetterStore
{
    internal ConcurrentQueue<(string Lane, long Sequence, string Reason, int Attempts)> Stored { get; } = new();

    /// <summary>Letters that an operator gave up.</summary>
    internal ConcurrentBag<long> Dropped { get; } = [];

    internal Func<Task>? BeforeStore { get; set; }

    /// <summary>Where lanes began.</summary>
    internal ConcurrentQueue<long> Begun { get; } = new();

    /// <summary>What is not noted of it.</summary>
    internal long? NotNoted { get; set; }

    public void Begin(string lane, long highWater) => Begun.Enqueue(highWater);

    public long? Beginning(string lane) => NotNoted;

    public long? CountIn(string lane, long first, long last) => Stored.Where(letter => letter.Lane == lane)
        .Select(letter => letter.Sequence).Distinct()
        .Count(sequence => sequence >= first && sequence <= last && !Dropped.Contains(sequence));

    public async ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        if (BeforeStore is { } before)
        {
            await before();
        }
        foreach (var letter in rejected)
        {
            Stored.Enqueue((lane, letter.Sequence, letter.Reason, letter.Attempts));
        }
    }
}
