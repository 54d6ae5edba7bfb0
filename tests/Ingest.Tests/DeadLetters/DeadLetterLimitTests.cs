using Ingest.Publishing.Lanes;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>At a limit of the dead letters their lane stops, says which one it is, and goes on when there is room.</summary>
public sealed class DeadLetterLimitTests
{
    [Fact]
    public async Task A_full_store_blocks_the_lane_and_room_lets_it_go_on()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        fixture.DeadLetterFilterOptions.LettersMax = 2;
        await fixture.StartAndSettleAsync(20);
        fixture.Log.AppendMany(20);

        await Poll.Until("the lane is blocked", () => fixture.Status.State == LaneState.Blocked);

        Assert.Contains("DeadLetters:LettersMax = 2", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.Equal(2, fixture.Status.DeadLettered);
        await fixture.Drop(10, 20);
        await fixture.Settled();
        Assert.Equal([30L, 40L], await fixture.Sequences());
        Assert.Equal((36, 4), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task A_batch_that_never_fits_does_not_ask_for_letters_to_be_dropped_in_vain()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        fixture.DeadLetterFilterOptions.LettersMax = 2;
        fixture.Log.AppendMany(40);
        fixture.Start();

        await Poll.Until("the lane is blocked", () => fixture.Status.State == LaneState.Blocked);

        Assert.Contains("one batch has 4 letters", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.Contains("DeadLetters:LettersMax = 2 is less; raise it and restart", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("requeue or drop some", fixture.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_a_letter_already_needs_no_more_room_when_it_is_refused_after_a_rewind()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        fixture.DeadLetterFilterOptions.LettersMax = 2;
        await fixture.StartAndSettleAsync(20);
        Assert.Equal(RewindStatus.Done, (await fixture.Lanes.RewindAsync("test", 1, TestContext.Current.CancellationToken)).Status);
        await Poll.Until("all came once more", () => fixture.Status.Repeated == 20);
        Assert.Equal([10L, 20], await fixture.Sequences());
    }

    [Fact]
    public async Task The_limit_in_bytes_blocks_as_well()
    {
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no" };
        fixture.DeadLetterFilterOptions.BytesMax = 3000;
        fixture.Start();
        for (var events = 0; events < 5; events++)
        {
            fixture.Log.AppendMany(1, payloadBytes: 800);
            await Poll.Until("it was decided", () => fixture.Status.PendingEvents == 0 || fixture.Status.State == LaneState.Blocked);
        }
        Assert.Equal(LaneState.Blocked, fixture.Status.State);
        Assert.Contains("DeadLetters:BytesMax = 3000", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.InRange(fixture.Letters.Status.Bytes, 1000, 3000);
    }
}
