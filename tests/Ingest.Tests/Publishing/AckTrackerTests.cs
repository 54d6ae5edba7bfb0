using FsCheck;
using FsCheck.Fluent;
using Ingest.Publishing.Accounting;

namespace Ingest.Tests.Publishing;

/// <summary>The settled position moves over the contiguous settled prefix, and counts each event once.</summary>
public sealed class AckTrackerTests
{
    [Fact]
    public void In_any_order_of_settling_the_position_is_the_end_of_the_settled_prefix()
    {
        var histories = Gen.Choose(1, 400).SelectMany(count => Gen.Choose(0, int.MaxValue).Select(seed => (count, seed)));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(histories.ToArbitrary(), history =>
        {
            var random = new Random(history.seed);
            var start = (long)random.Next(0, 5000);
            var tracker = new AckTracker(start, 100);
            var accounts = new LaneAccounts(start);
            var stream = accounts.StreamIndex("s"u8);
            var model = new SortedDictionary<long, Settlement>();
            while (model.Count < history.count || model.ContainsValue(Settlement.Pending))
            {
                Step(random, history.count, tracker, stream, model, start);
                tracker.Advance(accounts);
                var prefix = model.TakeWhile(entry => entry.Value != Settlement.Pending).Select(entry => entry.Key).LastOrDefault(start);
                Assert.Equal(prefix, tracker.Settled);
                Assert.Equal(model.Count(entry => entry.Key > prefix && entry.Value != Settlement.Pending), tracker.SettledAhead);
                Assert.Equal(100 - (tracker.Last - tracker.Settled), tracker.Room);
            }
            var snapshot = accounts.Snapshot();
            Assert.Equal(model.Values.Count(value => value == Settlement.Delivered), snapshot.Delivered);
            Assert.Equal(model.Values.Count(value => value == Settlement.DeadLettered), snapshot.DeadLettered);
            Assert.Equal(model.Values.Count(value => value == Settlement.Lost), snapshot.Lost);
        }));
    }

    [Fact]
    public void The_ring_grows_to_its_capacity_and_no_further()
    {
        var tracker = new AckTracker(0, 5000);
        for (var i = 0; i < 5000; i++)
        {
            tracker.Track(1, i + 1);
        }
        Assert.Equal((0, 5000L, 1L), (tracker.Room, tracker.Last, tracker.OldestAcceptedUnixMs));
        Assert.Throws<InvalidOperationException>(() => tracker.Track(1, 1));
        Assert.Equal(0, tracker.TrackLost(10));
    }

    [Fact]
    public void What_is_delivered_ahead_is_known_again_also_behind_numbers_that_were_never_given_out()
    {
        const long Skipped = 2_800_000;
        var tracker = new AckTracker(10, 1024);
        TrackThree();
        tracker.TrackSkipped(Skipped);
        TrackThree();
        long[] delivered = [12, 13, 14 + Skipped, 16 + Skipped];
        Array.ForEach(delivered, sequence => tracker.Settle(sequence, Settlement.Delivered));
        tracker.Settle(15 + Skipped, Settlement.DeadLettered);

        var runs = tracker.DeliveredAhead(100);
        Assert.Equal([(1L, 2L), (Skipped, 1L), (1L, 1L)], runs);
        var ahead = AheadRuns.Decode(AheadRuns.Encode(runs), settled: 10, last: tracker.Last);
        long[] asked = [11, 12, 13, 14, 13 + Skipped, 14 + Skipped, 15 + Skipped, 16 + Skipped];
        Assert.Equal(delivered, asked.Where(ahead.Contains));

        void TrackThree()
        {
            for (var i = 0; i < 3; i++)
            {
                tracker.Track(0, 1);
            }
        }
    }

    [Theory]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MaxValue - 12, long.MaxValue)]
    [InlineData(1, long.MaxValue)]
    [InlineData(90, 1)]
    public void A_run_that_goes_beyond_the_last_number_delivers_nothing(long gap, long length)
    {
        var ahead = AheadRuns.Decode(AheadRuns.Encode([(1, 1), (gap, length)]), settled: 10, last: 100);

        Assert.Equal([12L], Enumerable.Range(0, 102).Select(number => (long)number).Where(ahead.Contains));
    }

    [Fact]
    public void An_event_settles_once()
    {
        var tracker = new AckTracker(0, 10);
        tracker.Track(1, 1);
        tracker.Settle(1, Settlement.Delivered);
        Assert.Throws<InvalidOperationException>(() => tracker.Settle(1, Settlement.Delivered));
        Assert.Throws<ArgumentOutOfRangeException>(() => tracker.Settle(2, Settlement.Delivered));
    }

    private static void Step(
        Random random, int count, AckTracker tracker, int stream, SortedDictionary<long, Settlement> model, long start)
    {
        var pending = model.Where(entry => entry.Value == Settlement.Pending).Select(entry => entry.Key).ToList();
        if (model.Count < count && tracker.Room > 0 && (pending.Count == 0 || random.Next(2) == 0))
        {
            if (random.Next(10) == 0)
            {
                for (var taken = tracker.TrackLost(random.Next(1, 5)); taken > 0; taken--)
                {
                    model.Add(start + model.Count + 1, Settlement.Lost);
                }
            }
            else
            {
                tracker.Track(stream, 1);
                model.Add(start + model.Count + 1, Settlement.Pending);
            }
        }
        else if (pending.Count > 0)
        {
            var sequence = pending[random.Next(pending.Count)];
            var settlement = random.Next(4) == 0 ? Settlement.DeadLettered : Settlement.Delivered;
            tracker.Settle(sequence, settlement);
            model[sequence] = settlement;
        }
    }
}
