using Ingest.Operations.Status;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Queue.Totals;
using Ingest.Sinks.Contract;

namespace Ingest.Tests.Operations.Status;

public sealed class LaneAccountingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 3, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_was_accepted_is_delivered_dead_lost_gone_before_or_pending()
    {
        var lane = Lane(start: 10, settled: 100) with { Delivered = 80, DeadLettered = 7, Lost = 3 };

        var sum = LaneAccounting.View(lane, durable: 130, Now).Sum;

        Assert.Equal(new LaneSum(130, 10, 80, 7, 3, 30, Balanced: true), sum);
        Assert.Equal(sum.Accepted, sum.Before + sum.Delivered + sum.DeadLettered + sum.Lost + sum.Pending);
    }

    [Fact]
    public void A_count_that_does_not_add_up_says_so()
    {
        var lane = Lane(start: 0, settled: 100) with { Delivered = 99 };

        Assert.False(LaneAccounting.View(lane, durable: 100, Now).Sum.Balanced);
    }

    [Fact]
    public void A_rewound_lane_still_adds_up_and_shows_what_it_has_to_do_again()
    {
        var lane = Lane(start: 0, settled: 40) with { HighWater = 100, Delivered = 100, PendingEvents = 60, Repeated = 5 };

        var view = LaneAccounting.View(lane, durable: 100, Now);

        Assert.Equal(new LaneSum(100, 0, 100, 0, 0, 0, Balanced: true), view.Sum);
        Assert.Equal(60, view.PendingEvents);
        Assert.Equal(5, view.Repeated);
    }

    [Fact]
    public void Events_that_became_durable_between_two_looks_do_not_make_pending_negative()
    {
        var sum = LaneAccounting.View(Lane(start: 0, settled: 120) with { Delivered = 120 }, durable: 100, Now).Sum;

        Assert.Equal((120, 0, true), (sum.Accepted, sum.Pending, sum.Balanced));
    }

    [Fact]
    public void Streams_show_each_lane_s_part_and_what_is_left_of_it()
    {
        var north = Lane(start: 0, settled: 9) with { Name = "north", Streams = [new("orders", 4, 1), new("clicks", 4, 0)] };
        var south = Lane(start: 0, settled: 0) with { Name = "south", Streams = [] };

        var streams = LaneAccounting.Streams([new StreamTotal("orders", 6, 600), new StreamTotal("clicks", 5, 500)], [north, south]);

        Assert.Equal(["clicks", "orders"], streams.Select(stream => stream.Stream));
        Assert.Equal([new StreamLane("north", 4, 0, 1), new StreamLane("south", 0, 0, 5)], streams[0].Lanes);
        Assert.Equal([new StreamLane("north", 4, 1, 1), new StreamLane("south", 0, 0, 6)], streams[1].Lanes);
    }

    [Fact]
    public void Events_delivered_before_their_commit_is_counted_do_not_make_outstanding_negative()
    {
        var lane = Lane(start: 0, settled: 9) with { Name = "north", Streams = [new("orders", 8, 1)] };
        var other = Lane(start: 0, settled: 0) with { Name = "south", Streams = [] };

        var stream = Assert.Single(LaneAccounting.Streams([new StreamTotal("orders", 6, 600)], [lane, other]));

        Assert.Equal(9, stream.Accepted);
        Assert.Equal([new StreamLane("north", 8, 1, 0), new StreamLane("south", 0, 0, 9)], stream.Lanes);
    }

    // Seconds ago: the first failure, the last one, the oldest event that waits; what is shown.
    [Theory]
    [InlineData(4, 4, 3, 3)]
    [InlineData(3, 3, 4, 3)]
    [InlineData(7200, 7199, 3, null)]
    [InlineData(7200, 34, 3, 3)]
    [InlineData(7200, 36, 3, null)]
    [InlineData(7200, 3000, 3600, 3600)]
    [InlineData(4, 4, 0.5, null)]
    public void A_failure_of_connections_is_shown_where_it_can_be_what_events_wait_for_and_never_as_older_than_they_are(
        double first, double last, double waits, int? shown)
    {
        var trouble = new ConnectionTrouble(Now.AddSeconds(-first), "refused") { Latest = Now.AddSeconds(-last) };

        var view = LaneAccounting.View(Lane(start: 0, settled: 0) with { LagSeconds = waits, Trouble = trouble }, durable: 9, Now);

        Assert.Equal(shown is { } ago ? Now.AddSeconds(-ago) : null, view.UnreachableSince);
        Assert.Equal(shown is null ? "" : "refused", view.Reason);
    }

    [Fact]
    public void One_of_several_connections_that_fails_is_the_reason_of_a_lane_that_reaches_its_sink()
    {
        var trouble = new ConnectionTrouble(Now, "refused") { IsCut = false };

        var view = LaneAccounting.View(Lane(start: 0, settled: 0) with { Trouble = trouble }, durable: 9, Now);

        Assert.Equal((null, "refused"), (view.UnreachableSince, view.Reason));
    }

    internal static LaneStatus Lane(long start, long settled) => new()
    {
        Name = "file",
        Kind = "file",
        State = LaneState.BackingOff,
        Reason = "",
        Start = start,
        Settled = settled,
        HighWater = settled,
        Saved = settled,
        Delivered = 0,
        DeadLettered = 0,
        Lost = 0,
        Repeated = 0,
        PendingEvents = 0,
        InFlightBatches = 1,
        InFlightEvents = 2,
        Window = 3.14159,
        WindowMax = 16,
        SlowStartThreshold = 8,
        Breaker = BreakerState.HalfOpen,
        Attempts = new Dictionary<VerdictKind, long> { [VerdictKind.Delivered] = 5 },
        RoundTripMs = 1.23456,
        LagSeconds = 2.34567,
        Streams = [],
    };
}
