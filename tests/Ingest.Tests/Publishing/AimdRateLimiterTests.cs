using Ingest.Publishing.Window;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>The window as anyone's rate limiter.</summary>
public sealed class AimdRateLimiterTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly FakeTime _time = new();

    [Fact]
    public void One_permit_at_first_and_more_with_success()
    {
        using var limiter = Limiter();
        var first = (AimdLease)limiter.AttemptAcquire();
        using var second = limiter.AttemptAcquire();
        Assert.True(first.IsAcquired);
        Assert.False(second.IsAcquired);
        first.Report(AimdOutcome.Succeeded);
        first.Dispose();
        first.Dispose();
        Assert.Equal((2, 2L), (limiter.Limit, limiter.GetStatistics()!.CurrentAvailablePermits));
    }

    [Fact]
    public void A_lease_disposed_without_a_report_says_nothing()
    {
        using var limiter = Limiter();
        limiter.AttemptAcquire().Dispose();
        Assert.Equal(1, limiter.Limit);
    }

    [Fact]
    public void Congestion_shrinks_the_limit()
    {
        using var limiter = Limiter();
        for (var i = 0; i < 20; i++)
        {
            Fly(limiter, AimdOutcome.Succeeded);
        }
        var before = limiter.Limit;
        Fly(limiter, AimdOutcome.Congested);
        Assert.True(limiter.Limit < before);
    }

    [Fact]
    public async Task Waiters_are_served_in_order_and_no_more_wait_than_may()
    {
        await using var limiter = Limiter(queue: 2);
        var first = await limiter.AcquireAsync(1, None);
        var second = limiter.AcquireAsync(1, None).AsTask();
        var third = limiter.AcquireAsync(1, None).AsTask();
        using var refused = await limiter.AcquireAsync(1, None);
        Assert.False(refused.IsAcquired);
        Assert.Equal((2L, 1L), (limiter.GetStatistics()!.CurrentQueuedCount, limiter.GetStatistics()!.TotalFailedLeases));
        first.Dispose();
        (await second).Dispose();
        Assert.True((await third).IsAcquired);
    }

    [Fact]
    public async Task A_cancelled_waiter_leaves_the_queue_and_takes_no_permit()
    {
        await using var limiter = Limiter(queue: 2);
        var first = await limiter.AcquireAsync(1, None);
        using var cancel = new CancellationTokenSource();
        var waiting = limiter.AcquireAsync(1, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        first.Dispose();
        Assert.Equal((0L, 1L), (limiter.GetStatistics()!.CurrentQueuedCount, limiter.GetStatistics()!.CurrentAvailablePermits));
    }

    [Fact]
    public async Task Disposing_refuses_those_who_wait()
    {
        var limiter = Limiter(queue: 2);
        using var first = await limiter.AcquireAsync(1, None);
        var waiting = limiter.AcquireAsync(1, None).AsTask();
        await limiter.DisposeAsync();
        Assert.False((await waiting).IsAcquired);
    }

    [Fact]
    public void It_is_idle_while_nothing_flies()
    {
        using var limiter = Limiter();
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), limiter.IdleDuration);
        using (limiter.AttemptAcquire())
        {
            Assert.Null(limiter.IdleDuration);
        }
        Assert.Equal(TimeSpan.Zero, limiter.IdleDuration);
    }

    [Fact]
    public void A_lease_stands_for_one_flight()
    {
        using var limiter = Limiter();
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.AttemptAcquire(2));
    }

    private static void Fly(AimdRateLimiter limiter, AimdOutcome outcome)
    {
        var leases = new List<AimdLease>();
        while (limiter.AttemptAcquire() is AimdLease { IsAcquired: true } lease)
        {
            leases.Add(lease);
        }
        foreach (var lease in leases)
        {
            lease.Report(outcome);
            lease.Dispose();
        }
    }

    private AimdRateLimiter Limiter(int queue = 0) => new(new AimdRateLimiterOptions { QueueLimit = queue }, _time);
}
