using Ingest.Publishing.Parking;
using Ingest.Publishing.Receipts;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>Receipts call an event delivered only when the sink has it, also behind the position, and also after a restart.</summary>
public sealed class LaneReceiptTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Fact]
    public async Task Delivered_pending_dead_lettered_and_unknown_events_add_up()
    {
        await using var fixture = new LaneFixture();
        fixture.Sink.OnSend = (events, _) => Task.FromResult(Refuse(events));
        fixture.Log.Append("good");
        fixture.Log.Append("bad");
        fixture.Log.Append("good");
        fixture.Start();
        await fixture.Settled(3);
        Assert.Equal(new LaneReceipt("test", 2, 0, 0, 1, 0, 0), Read(fixture, 1, 3));
        Assert.Equal(new LaneReceipt("test", 2, 0, 0, 1, 0, 7), Read(fixture, 1, 10));
        Assert.True(Read(fixture, 3, 3).IsDelivered);
        Assert.False(Read(fixture, 1, 3).IsDelivered);
        await fixture.RestartAsync();
        Assert.Equal(new LaneReceipt("test", 2, 0, 0, 1, 0, 0), await KnownAsync(fixture, 1, 3));
    }

    [Fact]
    public async Task Nothing_is_delivered_while_the_sink_is_down_and_waits_end_when_it_is_back()
    {
        await using var fixture = new LaneFixture();
        var down = true;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(
            Volatile.Read(ref down) ? ScriptedSink.All(VerdictKind.Retryable, "down") : SinkResult.Delivered);
        fixture.Options.ParkAfterAttempts = 0;
        fixture.Log.Append("a");
        fixture.Log.Append("b");
        fixture.Start();
        var receipts = new DeliveryReceipts(fixture.Lanes, []);
        Assert.Equal(2, Read(fixture, 1, 2).Pending);
        var wait = receipts.WhenSettledAsync(2, TestContext.Current.CancellationToken);
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receipts.WhenSettledAsync(2, impatient.Token));
        Assert.False(wait.IsCompleted);
        Volatile.Write(ref down, false);
        await wait;
        Assert.True(Read(fixture, 1, 2).IsDelivered);
    }

    [Fact]
    public async Task A_parked_event_is_not_delivered_until_it_is_and_a_dropped_one_never()
    {
        await using var fixture = new LaneFixture();
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(
            Volatile.Read(ref refusing) && events.Any(seen => seen.Payload.StartsWith("bad", Ordinal))
                ? ScriptedSink.All(VerdictKind.Retryable, "not now")
                : SinkResult.Delivered);
        fixture.Options.ParkAfterAttempts = 1;
        fixture.Log.Append("bad1", "a");
        fixture.Log.Append("good", "b");
        fixture.Log.Append("bad2", "c");
        fixture.Log.Append("good", "d");
        fixture.Start();
        await fixture.Passed(4);
        await Poll.Until("the good ones are delivered", () => Read(fixture, 1, 4) == new LaneReceipt("test", 2, 0, 2, 0, 0, 0));
        Assert.False(Read(fixture, 1, 1).IsSettled);
        await fixture.RestartAsync();
        Assert.Equal(new LaneReceipt("test", 2, 0, 2, 0, 0, 0), await KnownAsync(fixture, 1, 4));
        // One that is being tried at the moment is left out.
        await Poll.Until("it is dropped", async () => await fixture.Lanes.ActOnParkedAsync(
            "test", new ParkedSelection(null, [1]), ParkedAction.Drop, TestContext.Current.CancellationToken)! == 1);
        Assert.Equal(new LaneReceipt("test", 2, 0, 1, 0, 1, 0), Read(fixture, 1, 4));
        Volatile.Write(ref refusing, false);
        await fixture.Settled(4);
        Assert.Equal(new LaneReceipt("test", 3, 0, 0, 0, 1, 0), Read(fixture, 1, 4));
        await fixture.RestartAsync();
        // Which one was given up is known as long as the parked log has it.
        var known = await KnownAsync(fixture, 1, 4);
        Assert.Equal((3, 1), (known.Delivered, known.Dropped + known.Unknown));
    }

    [Fact]
    public async Task A_dropped_letter_is_never_called_delivered_also_after_a_restart()
    {
        await using var fixture = new LaneFixture();
        fixture.Sink.OnSend = (events, _) => Task.FromResult(Refuse(events));
        fixture.Log.Append("bad");
        fixture.Log.Append("good");
        fixture.Start();
        await fixture.Settled(2);
        fixture.Lanes.NoteDropped("test", [1]);
        fixture.DeadLetters.Dropped.Add(1);
        Assert.Equal(new LaneReceipt("test", 1, 0, 0, 0, 1, 0), Read(fixture, 1, 2));
        await Poll.Until("it is noted on disk", () => fixture.Lanes.RequeueBounds("test")!.Value.DroppedTo == 1);
        await fixture.RestartAsync();
        Assert.Equal(new LaneReceipt("test", 1, 0, 0, 0, 0, 1), await KnownAsync(fixture, 1, 2));
    }

    private static SinkResult Refuse(Seen[] events) => new(
        SinkVerdict.Delivered,
        [.. events.Select(seen => new SinkVerdict(seen.Payload == "bad" ? VerdictKind.Rejected : VerdictKind.Delivered, "no"))]);

    private static LaneReceipt Read(LaneFixture fixture, long first, long last) =>
        new DeliveryReceipts(fixture.Lanes, []).Read(first, last).Single();

    // A lane that was just opened reads what is parked first.
    private static async Task<LaneReceipt> KnownAsync(LaneFixture fixture, long first, long last)
    {
        await fixture.Passed(last);
        LaneReceipt? receipt = null;
        await Poll.Until("it is read", () => (receipt = Read(fixture, first, last)).Delivered > 0);
        return receipt!;
    }
}
