using Ingest.Publishing.Lanes;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>The sum of delivered and dead letters holds, whatever crashes and however often events come.</summary>
public sealed class DeadLetterAccountTests
{
    [Fact]
    public async Task What_a_crash_had_not_counted_is_decided_anew()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("before") };
        await fixture.StartAndSettleAsync(15);
        var cursors = fixture.Cursors();
        fixture.Log.AppendMany(15);
        await fixture.Settled();
        Assert.Equal([10L, 20L, 30L], await fixture.Sequences());
        // Twenty is taken now, thirty is not: the first must not stay a dead letter, the second not become two.
        fixture.Refuses = seen => seen.Sequence == 30 ? "after" : null;

        await fixture.CrashAsync(cursors);
        await fixture.Settled();

        await Poll.Until("the void letter is gone", async () => (await fixture.Sequences()).SequenceEqual([10L, 30L]));
        Assert.Equal("after", (await fixture.List())[1].Reason);
        Assert.Equal((28, 2), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        await fixture.Requeue();
        fixture.Refuses = _ => null;
        await fixture.Quiet();
        await fixture.Requeue();
        await fixture.Accounts(delivered: 30, dead: 0);
    }

    [Fact]
    public async Task A_delivery_the_lane_had_not_saved_is_counted_once_after_a_crash()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(20);
        var cursors = fixture.Cursors();
        fixture.Refuses = _ => null;
        await fixture.Requeue(10);
        await fixture.Accounts(delivered: 19, dead: 1);

        for (var crashes = 0; crashes < 2; crashes++)
        {
            await fixture.CrashAsync(cursors);
            await fixture.Accounts(delivered: 19, dead: 1);
            Assert.Equal([20L], await fixture.Sequences());
        }
        await fixture.RestartAsync();
        await fixture.Quiet();
        Assert.Equal((19, 1, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered, fixture.Status.Repeated));
    }

    [Fact]
    public async Task After_a_rewind_a_letter_is_not_two_and_counts_do_not_move()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("first") };
        await fixture.StartAndSettleAsync(20);
        await fixture.Drop(20);
        fixture.Refuses = DeadLettersFixture.Tenth("again");

        Assert.Equal(RewindStatus.Done, (await fixture.Lanes.RewindAsync("test", 1, CancellationToken.None)).Status);
        await Poll.Until("all came once more", () => fixture.Status.Repeated == 20);
        await fixture.Settled();

        // Ten was there and is there once; twenty had been dropped, and is refused once more.
        var letters = await fixture.List();
        Assert.Equal([(10L, "again", true), (20L, "again", false)],
            letters.Select(letter => (letter.Key.Sequence, letter.Reason, letter.IsCounted)));
        Assert.Equal((18, 2, 20), (fixture.Status.Delivered, fixture.Status.DeadLettered, fixture.Status.Repeated));
        fixture.Refuses = _ => null;
        await fixture.Requeue();
        // Twenty was given up in the accounts and is delivered over and above them.
        await fixture.Accounts(delivered: 19, dead: 1);
        Assert.Equal(21, fixture.Status.Repeated);
    }
}
