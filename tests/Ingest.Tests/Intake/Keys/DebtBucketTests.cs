using System.Threading.RateLimiting;
using Ingest.Intake.Keys;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Keys;

/// <summary>The bucket keeps the mean rate whatever is asked of it, and its word about when to come back.</summary>
public sealed class DebtBucketTests
{
    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Who_comes_back_when_told_succeeds_and_the_mean_rate_holds(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var rate = Math.Pow(10, (random.NextDouble() * 7) - 1);
            var burst = rate * random.NextDouble() * 10;
            using var bucket = new DebtBucket(rate, burst, _time);
            var (start, taken, last) = (_time.GetTimestamp(), 0.0, 0);
            for (var request = 0; request < 50; request++)
            {
                last = random.Next(1, 1 + (int)Math.Min(rate * 20, 1_000_000));
                using var lease = bucket.AttemptAcquire(last);
                if (!lease.IsAcquired)
                {
                    Assert.True(lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > TimeSpan.Zero);
                    _time.Advance(TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)));
                    using var second = bucket.AttemptAcquire(last);
                    Assert.True(second.IsAcquired, $"seed {seed}, round {round}: rate {rate}, burst {burst}, wait {wait}");
                }
                taken += last;
            }
            var seconds = _time.GetElapsedTime(start).TotalSeconds;
            var most = (rate * seconds) + Math.Max(burst, 1) + 1;
            Assert.True(taken - last <= most, $"seed {seed}, round {round}: {taken} in {seconds} s at {rate}");
        }
    }

    [Fact]
    public void A_pause_fills_it_to_the_burst_and_no_further()
    {
        using var bucket = new DebtBucket(perSecond: 10, burst: 20, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, bucket.GetStatistics()!.CurrentAvailablePermits);
        bucket.Charge(25);
        Assert.Equal(0, bucket.GetStatistics()!.CurrentAvailablePermits);
        Assert.Equal(0.6, bucket.Wait.TotalSeconds, 3);
    }
}
