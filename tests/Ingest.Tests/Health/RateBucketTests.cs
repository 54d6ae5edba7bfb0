using FsCheck;
using FsCheck.Fluent;
using Ingest.Health;
using Ingest.Testing;

namespace Ingest.Tests.Health;

/// <summary>The bucket keeps the mean rate whatever is asked of it, and its word about when to come back.</summary>
public sealed class RateBucketTests
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
            var bucket = new RateBucket(rate, burst, least: 1, _time);
            var (start, taken, last) = (_time.GetTimestamp(), 0.0, 0);
            for (var request = 0; request < 50; request++)
            {
                last = random.Next(1, 1 + (int)Math.Min(rate * 20, 1_000_000));
                if (bucket.Take(last) is var wait && wait > TimeSpan.Zero)
                {
                    Assert.Equal(wait, bucket.Wait);
                    _time.Advance(wait);
                    Assert.True(
                        bucket.Take(last) == TimeSpan.Zero, $"seed {seed}, round {round}: rate {rate}, burst {burst}, wait {wait}");
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
        var bucket = new RateBucket(perSecond: 10, burst: 20, least: 1, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, bucket.Available);
        bucket.Charge(25);
        Assert.Equal(0, bucket.Available);
        Assert.Equal(0.6, bucket.Wait.TotalSeconds, 3);
    }

    [Fact]
    public void What_is_charged_after_a_pause_is_owed_in_full()
    {
        var bucket = new RateBucket(perSecond: 10, burst: 10, least: 1, _time);
        Assert.Equal(TimeSpan.Zero, bucket.Take(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        bucket.Charge(30);
        Assert.Equal(2.1, bucket.Wait.TotalSeconds, 3);
    }

    [Fact]
    public void What_is_returned_can_be_taken_again_and_no_more_than_the_burst()
    {
        var bucket = new RateBucket(perSecond: 10, burst: 3, least: 1, _time);
        Assert.Equal(TimeSpan.Zero, bucket.Take(3));
        bucket.Return(2);
        Assert.Equal(2, bucket.Available);
        bucket.Return(2);
        Assert.Equal(3, bucket.Available);
    }

    [Fact]
    public void However_it_is_asked_no_more_than_the_rate_and_a_seconds_worth_and_one_batch_are_admitted() =>
        Prop.ForAll(Gen.Choose(0, 50).ArrayOf().ToArbitrary(), Gen.Choose(1, 100).ToArbitrary(), (batches, rate) =>
        {
            var time = new FakeTime();
            var bucket = new RateBucket(rate, burst: rate, least: 0, time);
            var (admitted, start, largest) = (0L, time.GetTimestamp(), 0);
            foreach (var events in batches)
            {
                time.Advance(TimeSpan.FromMilliseconds(events * 7 % 100));
                if (events > 0 && bucket.Take(events) == TimeSpan.Zero)
                {
                    (admitted, largest) = (admitted + events, Math.Max(largest, events));
                }
            }
            return admitted <= ((time.GetElapsedTime(start).TotalSeconds + 1) * rate) + largest;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(300));

    [Fact]
    public async Task Requests_that_race_for_a_limit_do_not_exceed_it()
    {
        var bucket = new RateBucket(1_000_000, 1_000_000, least: 0, new StoppedClock());
        using var together = new Barrier(4);
        var admitted = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait(TestContext.Current.CancellationToken);
                var taken = 0;
                for (var attempt = 0; attempt < 500_000; attempt++)
                {
                    taken += bucket.Take(1) == TimeSpan.Zero ? 1 : 0;
                }
                return taken;
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Equal(1_000_000, admitted.Sum());
    }

    // Without a lock, which would keep the racers apart.
    private sealed class StoppedClock : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => 1;
    }
}
