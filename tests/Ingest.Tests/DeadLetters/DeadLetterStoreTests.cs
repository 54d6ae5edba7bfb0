using System.Text;
using Ingest.DeadLetters;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>Dead letters with the lane they come from: stored, shown, exported, given up.</summary>
public sealed class DeadLetterStoreTests
{
    [Fact]
    public async Task Refused_events_are_kept_whole_with_reason_attempts_and_times()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("HTTP 400: not a tenth") };
        fixture.Log.Append("{\"n\":1}", key: "k", stream: "orders", id: "id-1");
        await fixture.StartAndSettleAsync(29);

        var letters = await fixture.List();

        Assert.Equal([10L, 20L, 30L], letters.Select(letter => letter.Key.Sequence));
        Assert.All(letters, letter => Assert.Equal(
            ("HTTP 400: not a tenth", 1, "default", true, false),
            (letter.Reason, letter.Attempts, letter.Stream, letter.IsCounted, letter.IsRequeued)));
        Assert.All(letters, letter => Assert.InRange(letter.LastUnixMs, letter.FirstUnixMs, long.MaxValue));
        var read = await fixture.Letters.Operations.ReadAsync(letters[1].Key, CancellationToken.None);
        Assert.Equal("{\"n\":20,\"p\":\"\"}", Encoding.UTF8.GetString(read!.Event.Payload.Span));
        Assert.Equal((20L, fixture.Log.NowUnixMs), (read.Event.Sequence, read.Event.AcceptedUnixMs));
        Assert.Equal((27, 3), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task Without_a_refusal_there_are_no_files()
    {
        await using var fixture = new DeadLettersFixture();
        await fixture.StartAndSettleAsync(10);
        Assert.False(Directory.Exists(fixture.Directory));
        Assert.Empty(await fixture.List());
        Assert.Equal(0, (await fixture.Drop()).Letters);
        Assert.Equal([new DeadLetterKey(3, "test")], (await fixture.Requeue(3)).Unknown);
    }

    [Fact]
    public async Task Dropped_letters_do_not_come_back_and_stay_counted_as_dead()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);

        Assert.Equal(2, (await fixture.Drop(10, 20)).Letters);

        Assert.Equal([30L], await fixture.Sequences());
        await fixture.RestartAsync();
        Assert.Equal([30L], await fixture.Sequences());
        Assert.Equal((27, 3), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task An_unknown_letter_among_those_named_leaves_all_as_they_were()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        Assert.Equal([new DeadLetterKey(11, "test")], (await fixture.Drop(10, 11, 20)).Unknown);
        Assert.Equal([new DeadLetterKey(9, "test")], (await fixture.Requeue(9, 10)).Unknown);
        Assert.Equal([10L, 20L, 30L], await fixture.Sequences(new DeadLetterFilter { Requeued = false }));
    }

    [Fact]
    public async Task Export_gives_every_letter_with_its_event()
    {
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no" };
        await fixture.StartAndSettleAsync(2500);
        await fixture.Drop(7, 2000);
        var seen = new List<long>();
        await foreach (var read in fixture.Letters.Operations.ExportAsync(DeadLetterFilter.All, CancellationToken.None))
        {
            Assert.Equal($"{{\"n\":{read.Letter.Key.Sequence},\"p\":\"\"}}", Encoding.UTF8.GetString(read.Event.Payload.Span));
            seen.Add(read.Event.Sequence);
        }
        Assert.Equal(Enumerable.Range(1, 2500).Select(number => (long)number).Except([7, 2000]), seen);
    }

    [Fact]
    public async Task Files_go_when_everything_in_them_is_resolved_and_old_letters_do_not_hold_them()
    {
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no" };
        await fixture.StartAndSettleAsync(1, payloadBytes: 500);
        // One letter is never resolved; all that come behind it are.
        for (var round = 0; round < 20; round++)
        {
            fixture.Log.AppendMany(100, payloadBytes: 500);
            await fixture.Settled();
            var newer = (await fixture.Sequences()).Where(sequence => sequence > 1).ToArray();
            Assert.Equal(newer.Length, (await fixture.Drop(newer)).Letters);
        }
        await Poll.Until(
            "the files are given back", () => fixture.Letters.Status.LogBytes <= 5 * DeadLettersFixture.SegmentBytes);
        for (var life = 0; life < 2; life++)
        {
            Assert.Equal([1L], await fixture.Sequences());
            var read = await fixture.Letters.Operations.ReadAsync(new DeadLetterKey(1, "test"), CancellationToken.None);
            Assert.StartsWith("{\"n\":1,", Encoding.UTF8.GetString(read!.Event.Payload.Span), StringComparison.Ordinal);
            await fixture.RestartAsync();
        }
        fixture.Refuses = _ => null;
        await fixture.Requeue();
        await fixture.Accounts(delivered: 1, dead: 2000);
    }
}
