using Ingest.Events;
using System.Globalization;
using System.Text;
using Ingest.Publishing.Isolation;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;
using Ingest.Tests.Sinks;

namespace Ingest.Tests.Publishing;

/// <summary>How batches are sent apart and joined again: nothing is left out, nothing doubled, nothing of a key overtakes.</summary>
public sealed class BatchSplitTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Splitting_ends_at_single_events_or_streams_and_keeps_the_order_of_keys(bool byStreamOnly, bool keepsStreams)
    {
        for (var seed = 0; seed < 300; seed++)
        {
            using var log = new RandomBatch(seed);
            Assert.True(Splits(log.Batch, byStreamOnly, keepsStreams, depth: 0), $"seed {seed}");
        }
    }

    /// <summary>Otherwise they would go in front of the earlier event of their key that waits between.</summary>
    [Fact]
    public void Events_that_wait_are_not_put_to_others_that_stand_in_front_of_an_earlier_event_of_their_key()
    {
        var traits = new SinkTraits { BatchEventsMax = 10, WindowMax = 4 };
        var deliveries = new BatchDeliveries(concurrent: true);
        using var a1 = OfKey(1, "a");
        using var a2 = OfKey(2, "a");
        using var b3 = OfKey(3, "b");
        using var b4 = OfKey(4, "b");
        using var c5 = OfKey(5, "c");
        deliveries.Add(new BatchDelivery(a1, 0) { Attempts = 1 });
        Assert.Null(deliveries.AddBehind(new BatchDelivery(a2, 0), traits, byStream: false));
        deliveries.Add(new BatchDelivery(b3, 0) { Attempts = 1, IsBeside = true });

        Assert.Null(deliveries.AddBehind(new BatchDelivery(b4, 0), traits, byStream: false));
        Assert.Equal([1, 2, 3, 4], deliveries.All.Select(delivery => delivery.Batch.FirstSequence));

        // Of another key it may.
        Assert.NotNull(deliveries.AddBehind(new BatchDelivery(c5, 0), traits, byStream: false));
        Assert.Equal([1, 1, 1, 2], deliveries.All.Select(delivery => delivery.Batch.Count));
        deliveries.All[^1].Batch.Dispose();
    }

    [Fact]
    public void A_batch_conflicts_with_an_earlier_one_of_its_key_also_while_that_is_in_flight()
    {
        var deliveries = new BatchDeliveries(concurrent: true);
        using var first = OfKey(1, "a");
        using var rest = OfKey(2, "a");
        var (flying, waiting) = (new BatchDelivery(first, 0), new BatchDelivery(rest, 0));
        deliveries.Add(flying);
        deliveries.Add(waiting);
        deliveries.Started(flying, TimeSpan.Zero);

        deliveries.SetBeside(byStream: false);

        Assert.Equal([0], deliveries.Conflicts(waiting, byStream: false));
        Assert.False(waiting.IsBeside);
    }

    [Fact]
    public void Joined_neighbours_are_one_batch_in_log_order_within_the_sinks_bounds()
    {
        var traits = new SinkTraits { BatchEventsMax = 10, WindowMax = 4 };
        for (var seed = 0; seed < 100; seed++)
        {
            using var log = new RandomBatch(seed);
            var whole = new BatchDelivery(log.Batch, 0);
            var deliveries = new BatchDeliveries(concurrent: true);
            var parts = BatchSplit.Of(log.Batch, byStreamOnly: false, keepsStreams: false);
            if (parts.Others.Count == 0)
            {
                continue;
            }
            deliveries.Add(whole.Part(log.Batch.Select(parts.First), 1));
            deliveries.Add(whole.Part(log.Batch.Select(parts.Others), 2));
            var joined = deliveries.JoinNeighbours(traits);
            Assert.Equal(log.Batch.Count <= traits.BatchEventsMax, joined is not null);
            if (joined is not null)
            {
                var one = Assert.Single(deliveries.All);
                Assert.Equal(Sequences(log.Batch), Sequences(one.Batch));
                Assert.Equal(3UL, one.Groups);
            }
        }
    }

    private static bool Splits(EventBatch batch, bool byStreamOnly, bool keepsStreams, int depth)
    {
        var (first, others, isOrdered) = BatchSplit.Of(batch, byStreamOnly, keepsStreams);
        var isWhole = first.Concat(others).Order().SequenceEqual(Enumerable.Range(0, batch.Count));
        var inOrder = first.SequenceEqual(first.Order()) && others.SequenceEqual(others.Order());
        if (others.Count == 0)
        {
            return isWhole && (byStreamOnly ? Streams(batch).Count == 1 || !keepsStreams : batch.Count == 1);
        }
        var shared = Names(batch, first, keepsStreams).Intersect(Names(batch, others, keepsStreams)).Any();
        // Each is smaller than the whole, so that this ends.
        return isWhole && inOrder && first.Count > 0 && (isOrdered || !shared) && depth < 64
            && Splits(batch.Select(first), byStreamOnly, keepsStreams, depth + 1)
            && Splits(batch.Select(others), byStreamOnly, keepsStreams, depth + 1);
    }

    private static HashSet<ulong> Names(EventBatch batch, List<int> indexes, bool keepsStreams) =>
        [.. indexes.Select(i => NameHash.Of(keepsStreams ? batch[i].Stream : batch[i].Key)).Where(name => name != 0)];

    private static HashSet<string> Streams(EventBatch batch) =>
        [.. Enumerable.Range(0, batch.Count).Select(i => Encoding.Latin1.GetString(batch[i].Stream))];

    private static List<long> Sequences(EventBatch batch) => [.. Enumerable.Range(0, batch.Count).Select(batch.SequenceAt)];

    // A batch of random streams and keys, some events without a key.
    private static EventBatch OfKey(long sequence, string key) => TestEvents.Batch(sequence, TestEvents.Body("x", key: key));

    private sealed class RandomBatch : IDisposable
    {
        internal RandomBatch(int seed)
        {
            var random = new Random(seed);
            var (count, streams, keys) = (random.Next(1, 20), random.Next(1, 4), random.Next(1, 6));
            for (var i = 1; i <= count; i++)
            {
                var key = random.Next(4) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"k{random.Next(keys)}");
                Batch.Add(i, TestEvents.Body("{}", key, string.Create(CultureInfo.InvariantCulture, $"s{random.Next(streams)}")));
            }
        }

        internal EventBatch Batch { get; } = new();

        public void Dispose() => Batch.Dispose();
    }
}
