using Ingest.Queue;

namespace Ingest.Tests.Queue;

public sealed class UpkeepDecisionTests
{
    [Fact]
    public void A_log_over_its_limit_counts_as_within_it_again_only_well_below()
    {
        Assert.False(UpkeepDecision.IsOverLimit(1000, 1000, 100, wasOver: false));
        Assert.True(UpkeepDecision.IsOverLimit(1001, 1000, 100, wasOver: false));
        Assert.True(UpkeepDecision.IsOverLimit(901, 1000, 100, wasOver: true));
        Assert.False(UpkeepDecision.IsOverLimit(900, 1000, 100, wasOver: true));
    }

    [Fact]
    public void A_limit_of_one_segment_is_left_again_when_one_segment_is_left() =>
        Assert.False(UpkeepDecision.IsOverLimit(1000, 1000, 1000, wasOver: true));

    [Fact]
    public void A_segment_is_filled_when_none_is_ready_or_none_was_recycled_lately()
    {
        Assert.True(UpkeepDecision.MayAwaitRecycling(1, TimeSpan.FromSeconds(4)));
        Assert.False(UpkeepDecision.MayAwaitRecycling(0, TimeSpan.Zero));
        Assert.False(UpkeepDecision.MayAwaitRecycling(1, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Settled_events_stay_for_telling_repeats_while_there_is_room()
    {
        Assert.Equal(9, UpkeepDecision.Disposable(settled: 100, keepFrom: 10, isShort: false));
        Assert.Equal(100, UpkeepDecision.Disposable(settled: 100, keepFrom: long.MaxValue, isShort: false));
        Assert.Equal(5, UpkeepDecision.Disposable(settled: 5, keepFrom: 10, isShort: false));
        Assert.Equal(100, UpkeepDecision.Disposable(settled: 100, keepFrom: 10, isShort: true));
        Assert.False(UpkeepDecision.IsShort(750, 1000));
        Assert.True(UpkeepDecision.IsShort(751, 1000));
    }

    [Fact]
    public void Without_retention_only_the_lanes_hold_the_log()
    {
        var limits = UpkeepDecision.Limits(42, new WalSettings(), DateTimeOffset.UnixEpoch);
        Assert.Equal(42, limits.SettledSequence);
        Assert.Equal(long.MaxValue, limits.KeepSinceUnixMs);
        Assert.Equal(0, limits.KeepBytes);
    }

    [Fact]
    public void Retention_by_time_holds_what_is_younger()
    {
        var settings = new WalSettings { Retention = TimeSpan.FromHours(1), RetentionBytes = 7 };
        var limits = UpkeepDecision.Limits(42, settings, DateTimeOffset.UnixEpoch.AddHours(3));
        Assert.Equal(TimeSpan.FromHours(2).TotalMilliseconds, limits.KeepSinceUnixMs);
        Assert.Equal(7, limits.KeepBytes);
    }
}
