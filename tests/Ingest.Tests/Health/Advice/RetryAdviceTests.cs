using FsCheck;
using FsCheck.Fluent;
using Ingest.Health;
using Ingest.Health.Advice;
using Ingest.Testing;

namespace Ingest.Tests.Health.Advice;

[Collection(Alone.Name)]
public sealed class RetryAdviceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void It_is_a_whole_number_of_seconds_from_one_to_the_cap_whatever_was_measured() =>
        Prop.ForAll(ArbMap.Default.ArbFor<double>(), seconds =>
        {
            var advice = new RetryAdvice(TimeSpan.FromSeconds(60), new Random(1));
            advice.Set(RefusalCode.Overloaded, double.IsNaN(seconds) ? 0 : seconds);
            return advice.Seconds(RefusalCode.Overloaded) is >= 1 and <= 60;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_is_spread_so_that_clients_do_not_come_back_together()
    {
        var advice = new RetryAdvice(TimeSpan.FromMinutes(10), new Random(1));
        advice.Set(RefusalCode.DiskPressure, 100);
        var drawn = Enumerable.Range(0, 1000).Select(_ => advice.Seconds(RefusalCode.DiskPressure)).ToArray();
        Assert.All(drawn, seconds => Assert.InRange(seconds, 100, 150));
        Assert.InRange(drawn.Distinct().Count(), 45, 51);
        Assert.InRange(drawn.Average(), 123, 128);
    }

    [Fact]
    public void It_allocates_nothing()
    {
        var advice = new RetryAdvice(TimeSpan.FromMinutes(1), new Random(1));
        var sum = advice.Seconds(RefusalCode.Overloaded);
        var allocated = Allocations.OfOneRun(() =>
        {
            for (var draw = 0; draw < 1000; draw++)
            {
                sum += advice.Seconds(RefusalCode.MemoryPressure);
            }
        });
        Assert.Equal(0, allocated);
        Assert.True(sum > 0);
    }

    [Fact]
    public void A_backlog_over_the_limit_takes_as_long_as_delivery_needs_for_the_part_that_is_too_much()
    {
        var estimate = new AdviceEstimate();
        var inputs = default(AdviceInputs);
        for (var second = 0; second <= 60; second++)
        {
            // 100 events settle per second; of 10,000 pending in 1,000 bytes, 100 bytes are above nine tenths.
            var settled = second * 100;
            inputs = new AdviceInputs(default, default, new LogHealth(1000, 1000, 10_000 + settled, settled, default), default, default);
            estimate.Observe(second * Second, inputs);
        }
        Assert.Equal(10, estimate.Seconds(RefusalCode.DiskPressure, inputs), 1);
    }

    [Fact]
    public void A_delivery_that_stands_still_asks_for_the_longest_wait()
    {
        var estimate = new AdviceEstimate();
        var inputs = new AdviceInputs(default, default, new LogHealth(1000, 1000, 10, 0, default), default, default);
        estimate.Observe(Second, inputs);
        estimate.Observe(2 * Second, inputs);
        Assert.Equal(double.PositiveInfinity, estimate.Seconds(RefusalCode.DiskPressure, inputs));
        var advice = new RetryAdvice(TimeSpan.FromSeconds(60), new Random(1));
        advice.Set(RefusalCode.DiskPressure, double.PositiveInfinity);
        Assert.Equal(60, advice.Seconds(RefusalCode.DiskPressure));
    }

    [Fact]
    public void An_overloaded_queue_takes_as_long_as_its_commits()
    {
        var estimate = new AdviceEstimate();
        var inputs = default(AdviceInputs);
        for (var second = 0; second <= 30; second++)
        {
            inputs = new AdviceInputs(new CommitHeartbeat(4000, second * 1000), default, null, default, default);
            estimate.Observe(second * Second, inputs);
        }
        Assert.Equal(4, estimate.Seconds(RefusalCode.Overloaded, inputs), 1);
        Assert.Equal(9, estimate.Seconds(RefusalCode.Overloaded, inputs with { CommitStill = 9 * Second }), 1);
    }

    [Fact]
    public void The_speed_follows_within_a_few_horizons_and_begins_anew_with_the_count()
    {
        var rate = new FlowRate(5 * Second);
        Assert.Equal(double.PositiveInfinity, rate.SecondsFor(1));
        Assert.Equal(0, rate.SecondsFor(0));
        var count = 0.0;
        for (var second = 0; second < 100; second++)
        {
            rate.Observe(second * Second, count += second < 50 ? 1000 : 10);
        }
        Assert.InRange(rate.PerSecond, 10, 11);
        rate.Observe(100 * Second, 0);
        Assert.InRange(rate.PerSecond, 0, 11);
    }
}
