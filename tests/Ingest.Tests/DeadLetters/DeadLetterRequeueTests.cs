using Ingest.DeadLetters;
using Ingest.Publishing;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Publishing;

namespace Ingest.Tests.DeadLetters;

/// <summary>Dead letters that are sent again: delivered after all, refused once more, or given up on the way.</summary>
public sealed class DeadLetterRequeueTests
{
    [Fact]
    public async Task A_sink_that_would_take_an_earlier_event_for_known_is_sent_no_letters()
    {
        await using var fixture = new DeadLettersFixture(new SinkTraits { AcceptsOutOfOrder = false })
        {
            Refuses = DeadLettersFixture.Tenth("no"),
        };
        await fixture.StartAndSettleAsync(10);
        fixture.Refuses = _ => null;
        var change = await fixture.Requeue();
        Assert.Equal((0L, "test"), (change.Letters, change.LaneMissing));
        Assert.Equal([10L], await fixture.Sequences(new DeadLetterFilter { Requeued = false }));
    }

    [Fact]
    public async Task A_sink_that_keeps_the_order_of_keys_is_sent_no_letter_before_the_lane_is_past_it()
    {
        await using var fixture = new DeadLettersFixture(new SinkTraits { KeepsKeyOrder = true })
        {
            Refuses = DeadLettersFixture.Tenth("no"),
        };
        await fixture.StartAndSettleAsync(30, keys: 1);
        fixture.Refuses = _ => null;
        var (isFailing, attempts, early) = (true, 0, 0);
        var answers = fixture.Sink.OnSend!;
        fixture.Sink.OnSend = (events, cancel) =>
        {
            if (!Volatile.Read(ref isFailing))
            {
                return answers(events, cancel);
            }
            early += events[0].Sequence > 1 ? 1 : 0;
            Interlocked.Increment(ref attempts);
            return Task.FromResult(new SinkResult(new SinkVerdict(VerdictKind.Retryable, "not now")));
        };
        await fixture.Lanes.RewindAsync(DeadLettersFixture.Lane, 1, TestContext.Current.CancellationToken);

        var change = await fixture.Requeue(20);

        await Poll.Until("the lane has tried again and again", () => Volatile.Read(ref attempts) >= 100);
        Assert.Equal(0, early);
        Volatile.Write(ref isFailing, false);
        await Poll.Until("the ticket is done", async () => (await fixture.Ticket(change))?.Waiting == 0);
        Assert.Equal(30L, fixture.Delivered.Max(seen => seen.Sequence));
    }

    [Fact]
    public async Task A_requeued_letter_is_delivered_unchanged_and_counted_as_delivered()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30, keys: 3);
        fixture.Refuses = _ => null;

        var change = await fixture.Requeue(20, 10);

        Assert.Equal(2, change.Letters);
        await fixture.Accounts(delivered: 29, dead: 1);
        await Poll.Until("the ticket is done", async () => (await fixture.Ticket(change))?.Waiting == 0);
        Assert.Equal(new RequeueTicket(change.Ticket, 2, 2, 0, 0), await fixture.Ticket(change));
        Assert.Equal([30L], await fixture.Sequences());
        Assert.Equal(
            [new Seen(10, "k1", "{\"n\":10,\"p\":\"\"}"), new Seen(20, "k2", "{\"n\":20,\"p\":\"\"}")], fixture.Delivered.TakeLast(2));

        await fixture.RestartAsync();
        await fixture.Quiet();
        Assert.Equal([30L], await fixture.Sequences());
        Assert.Equal((29, 1, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered, fixture.Status.Repeated));
        Assert.Equal(2, fixture.Status.Recovered);
    }

    [Fact]
    public async Task A_letter_refused_again_stays_with_the_new_reason_and_one_more_attempt()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("first") };
        await fixture.StartAndSettleAsync(10);
        fixture.Refuses = DeadLettersFixture.Tenth("second");

        var change = await fixture.Requeue();
        await Poll.Until("it was refused again", async () => (await fixture.Ticket(change))?.Refused == 1);

        for (var life = 0; life < 2; life++)
        {
            var letter = Assert.Single(await fixture.List());
            Assert.Equal(("second", 2, false), (letter.Reason, letter.Attempts, letter.IsRequeued));
            Assert.Equal((9, 1), (fixture.Status.Delivered, fixture.Status.DeadLettered));
            await fixture.RestartAsync();
        }
    }

    [Fact]
    public async Task A_requeue_nobody_could_carry_out_is_carried_out_after_the_restart()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(20);
        // From here on the sink takes nothing, so that the letters wait.
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable));
        await fixture.Requeue(10);
        Assert.Equal([10L], await fixture.Sequences(new DeadLetterFilter { Requeued = true }));
        fixture.Refuses = _ => null;

        await fixture.RestartAsync();

        await fixture.Accounts(delivered: 19, dead: 1);
        Assert.Equal([20L], await fixture.Sequences());
        Assert.Single(fixture.Delivered, seen => seen.Sequence == 10);
    }

    [Fact]
    public async Task A_letter_dropped_while_it_waits_for_its_sink_is_not_sent_when_the_sink_is_back()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        var send = fixture.Sink.OnSend;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable));
        var change = await fixture.Requeue();
        var tried = fixture.Sink.Sends;
        await Poll.Until("it was tried", () => fixture.Sink.Sends > tried);
        fixture.Refuses = _ => null;

        await fixture.Drop(10, 30);
        // What was under way as they were dropped may arrive: it is refused like the others. The attempt after it looks again.
        tried = fixture.Sink.Sends;
        await Poll.Until("an attempt began after the drop", () => fixture.Sink.Sends > tried + 1);
        fixture.Sink.OnSend = send;

        await fixture.Accounts(delivered: 28, dead: 2);
        await fixture.Quiet();
        Assert.Equal([20L], fixture.Delivered.Select(seen => seen.Sequence).Where(sequence => sequence % 10 == 0));
        Assert.Equal(new RequeueTicket(change.Ticket, 3, 1, 0, 2), await fixture.Ticket(change));
        Assert.Empty(await fixture.List());
        fixture.Log.AppendMany(1);
        await fixture.Settled();
    }

    [Fact]
    public async Task Letters_of_one_key_are_sent_again_in_their_order_however_many_batches_it_takes()
    {
        await using var fixture = new DeadLettersFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 7 }) { Refuses = _ => "no" };
        await fixture.StartAndSettleAsync(200, keys: 5);
        fixture.Refuses = _ => null;

        await fixture.Requeue();
        await fixture.Accounts(delivered: 200, dead: 0);

        Assert.Equal(200, fixture.Delivered.Count);
        Assert.All(
            fixture.Delivered.GroupBy(seen => seen.Key), key => Assert.Equal(key.OrderBy(seen => seen.Sequence), key));
    }

    [Fact]
    public async Task Letters_of_a_lane_without_a_sink_can_be_dropped_but_not_sent()
    {
        await using var fixture = new DeadLettersFixture();
        fixture.Log.AppendMany(1);
        fixture.Start();
        await fixture.Letters.StoreAsync(
            "gone", [new RejectedEvent(1, Body(fixture), "no", 1, 0, 0)], CancellationToken.None);

        var change = await fixture.Letters.Operations.RequeueAsync(DeadLetterSelection.Of(DeadLetterFilter.All), CancellationToken.None);

        Assert.Equal((0L, "gone"), (change.Letters, change.LaneMissing));
        var only = DeadLetterSelection.Of(new DeadLetterKey(1, "gone"));
        Assert.Equal(1, (await fixture.Letters.Operations.DropAsync(only, CancellationToken.None)).Letters);
    }

    private static byte[] Body(DeadLettersFixture fixture)
    {
        using var reader = fixture.Log.Log.OpenReader(1);
        reader.Read();
        return reader.Body.ToArray();
    }
}
