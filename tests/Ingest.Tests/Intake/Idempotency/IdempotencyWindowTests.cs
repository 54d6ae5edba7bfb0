using Ingest.Intake.Idempotency;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Idempotency;

/// <summary>The window is bounded in time and number, and says what of the log it needs.</summary>
public sealed class IdempotencyWindowTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly FakeTime _time = new();

    [Fact]
    public void The_oldest_goes_when_there_are_too_many()
    {
        var window = new IdempotencyWindow(Window, keysMax: 3, _time);
        for (var number = 1; number <= 5; number++)
        {
            Store(window, number);
        }
        Assert.Equal(3, window.Count);
        Assert.Equal(ClaimOutcome.New, window.Claim(Mark(2)).Outcome);
        Assert.Equal(ClaimOutcome.Replayed, window.Claim(Mark(3)).Outcome);
    }

    [Fact]
    public void Of_very_many_the_latest_are_known_with_their_own_answers()
    {
        var window = new IdempotencyWindow(Window, keysMax: 1000, _time);
        for (var number = 1; number <= 5000; number++)
        {
            Store(window, number);
        }
        for (var number = 4001; number <= 5000; number++)
        {
            Assert.Equal(new IdempotencyClaim(ClaimOutcome.Replayed, number, 1), window.Claim(Mark(number)));
        }
    }

    [Fact]
    public void What_is_in_flight_is_never_forgotten()
    {
        var window = new IdempotencyWindow(Window, keysMax: 1, _time);
        Assert.Equal(ClaimOutcome.New, window.Claim(Mark(1)).Outcome);
        Store(window, 2);
        Store(window, 3);
        _time.Advance(Window * 2);
        Assert.Equal(ClaimOutcome.InFlight, window.Claim(Mark(1)).Outcome);
        window.Settle(Mark(1), first: 9, count: 1);
        Assert.Equal(ClaimOutcome.Replayed, window.Claim(Mark(1)).Outcome);
    }

    [Fact]
    public void Who_waits_is_told_when_the_first_one_ends_either_way()
    {
        var window = new IdempotencyWindow(Window, keysMax: 10, _time);
        window.Claim(Mark(1));
        var waiting = window.Claim(Mark(1)).Settled!;
        Assert.False(waiting.IsCompleted);
        window.Abandon(Mark(1));
        Assert.True(waiting.IsCompletedSuccessfully);

        Assert.Equal(ClaimOutcome.New, window.Claim(Mark(1)).Outcome);
        waiting = window.Claim(Mark(1)).Settled!;
        window.Settle(Mark(1), first: 4, count: 2);
        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.Equal(new IdempotencyClaim(ClaimOutcome.Replayed, First: 4, Count: 2), window.Claim(Mark(1)));
    }

    [Fact]
    public void The_log_is_kept_from_the_oldest_answer_that_still_counts()
    {
        var window = new IdempotencyWindow(Window, keysMax: 10, _time);
        Assert.Equal(long.MaxValue, window.KeepFrom);
        Store(window, 5);
        _time.Advance(Window / 2);
        Store(window, 8);
        Assert.Equal(5, window.KeepFrom);
        _time.Advance(Window / 2);
        Assert.Equal(8, window.KeepFrom);
        _time.Advance(Window);
        Assert.Equal(long.MaxValue, window.KeepFrom);
    }

    [Fact]
    public void What_the_log_brings_back_is_as_old_as_it_is_and_the_first_of_two_counts()
    {
        var window = new IdempotencyWindow(Window, keysMax: 10, _time);
        window.Restore(Mark(1), first: 1, count: 1, age: Window);
        window.Restore(Mark(2), first: 2, count: 1, age: Window - TimeSpan.FromSeconds(5));
        window.Restore(Mark(2), first: 7, count: 1, age: TimeSpan.Zero);
        window.Restore(Mark(3), first: 3, count: 1, age: TimeSpan.FromSeconds(-30));
        Assert.Equal(2, window.Count);
        Assert.Equal(2, window.Claim(Mark(2)).First);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ClaimOutcome.New, window.Claim(Mark(2)).Outcome);
        Assert.Equal(ClaimOutcome.Replayed, window.Claim(Mark(3)).Outcome);
    }

    private static RequestMark Mark(int number) => new((UInt128)number, 0);

    private static void Store(IdempotencyWindow window, int number)
    {
        Assert.Equal(ClaimOutcome.New, window.Claim(Mark(number)).Outcome);
        window.Settle(Mark(number), first: number, count: 1);
    }
}
