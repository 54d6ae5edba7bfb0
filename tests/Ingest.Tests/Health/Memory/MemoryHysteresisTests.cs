using FsCheck;
using FsCheck.Fluent;
using Ingest.Health.Memory;

namespace Ingest.Tests.Health.Memory;

public sealed class MemoryHysteresisTests
{
    private static readonly TimeSpan Dwell = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly MemoryHysteresis _memory = New();
    private TimeSpan _now;

    [Fact]
    public void Between_the_thresholds_it_stays_what_it_was()
    {
        Sample(0.79);
        Assert.Equal(MemoryState.Good, _memory.State);
        Sample(0.81);
        Assert.Equal(MemoryState.Failing, _memory.State);
        for (var seconds = 0; seconds < 20; seconds++)
        {
            Sample(0.61);
            Assert.Equal(MemoryState.Failing, _memory.State);
        }
        Sample(0.59);
        Assert.Equal(MemoryState.Good, _memory.State);
        Sample(0.79);
        Assert.Equal(MemoryState.Good, _memory.State);
    }

    [Fact]
    public void The_thresholds_themselves_change_nothing()
    {
        Sample(0.8);
        Assert.Equal(MemoryState.Good, _memory.State);
        Sample(0.81);
        _now += Dwell;
        Sample(0.6);
        Assert.Equal(MemoryState.Failing, _memory.State);
    }

    [Fact]
    public void Memory_is_given_back_before_it_is_failing()
    {
        Assert.Equal(MemoryAction.Relieve, _memory.Observe(_now, 0.9));
        Assert.Equal(MemoryState.Good, _memory.State);
        _memory.Relieved(_now, 0.7);
        Assert.Equal(MemoryState.Good, _memory.State);
    }

    [Fact]
    public void Giving_back_is_not_repeated_within_the_dwell()
    {
        _memory.Observe(_now, 0.9);
        _memory.Relieved(_now, 0.7);
        _now += Second;
        Assert.Equal(MemoryAction.None, _memory.Observe(_now, 0.9));
        Assert.Equal(MemoryState.Failing, _memory.State);
    }

    [Fact]
    public void It_is_good_again_after_the_dwell_and_not_before()
    {
        Sample(0.9);
        var failing = 0;
        while (_memory.State == MemoryState.Failing)
        {
            Sample(0.1);
            failing++;
        }
        Assert.Equal(5, failing);
    }

    [Fact]
    public void A_working_set_between_the_thresholds_does_not_latch()
    {
        Sample(0.9);
        var (failing, reliefs) = (0, 0);
        while (_memory.State == MemoryState.Failing)
        {
            Assert.InRange(failing++, 0, 60);
            reliefs += Sample(0.7) ? 1 : 0;
        }
        // Given back after 5, 15 and 35 seconds; the last of them is past the recheck.
        Assert.Equal(35, failing);
        Assert.Equal(3, reliefs);
    }

    [Fact]
    public void What_was_let_go_while_refusing_is_given_back_after_the_dwell()
    {
        Sample(0.9);
        for (var seconds = 0; seconds < 4; seconds++)
        {
            Assert.False(Sample(0.9));
        }
        _now += Second;
        Assert.Equal(MemoryAction.Relieve, _memory.Observe(_now, 0.9));
        _memory.Relieved(_now, 0.3);
        Assert.Equal(MemoryState.Good, _memory.State);
    }

    [Fact]
    public void Above_the_high_threshold_it_stays_failing_and_tries_again_and_again()
    {
        Sample(0.9);
        var reliefs = Enumerable.Range(0, 300).Count(_ => Sample(0.85));
        Assert.Equal(MemoryState.Failing, _memory.State);
        Assert.InRange(reliefs, 10, 12);
    }

    [Fact]
    public void It_never_changes_twice_within_the_dwell() =>
        Check(ratios =>
        {
            var memory = New();
            TimeSpan? changed = null;
            return Run(memory, ratios, (now, before, _) =>
            {
                var kept = memory.State == before || changed is null || now - changed >= Dwell;
                changed = memory.State == before ? changed : now;
                return kept;
            });
        });

    [Fact]
    public void It_fails_only_above_the_high_threshold_and_recovers_only_below_it() =>
        Check(ratios =>
        {
            var memory = New();
            return Run(memory, ratios, (_, before, ratio) =>
                memory.State == before || (memory.State == MemoryState.Failing ? ratio > 0.8 : ratio < 0.8));
        });

    [Fact]
    public void Whatever_came_before_it_recovers_within_the_dwell_below_the_low_threshold_and_within_the_recheck_below_the_high_one() =>
        Check(ratios =>
        {
            foreach (var (ratio, wait) in new[] { (0.59, Dwell), (0.79, Recheck + Recheck) })
            {
                var memory = New();
                Run(memory, ratios, (_, _, _) => true);
                var calm = Enumerable.Repeat((int)(ratio * 100), (int)wait.TotalSeconds + 1).ToArray();
                Run(memory, calm, (_, _, _) => true, TimeSpan.FromSeconds(ratios.Length));
                if (memory.State != MemoryState.Good)
                {
                    return false;
                }
            }
            return true;
        });

    [Fact]
    public void Steadily_more_memory_is_never_better() =>
        Check(ratios =>
        {
            var states = ratios.Order().Select(ratio =>
            {
                var memory = New();
                Run(memory, [.. Enumerable.Repeat(ratio, 10)], (_, _, _) => true);
                return memory.State;
            }).ToArray();
            return states.SequenceEqual(states.Order());
        });

    private static void Check(Func<int[], bool> property) =>
        Prop.ForAll(Gen.Choose(0, 100).ArrayOf().ToArbitrary(), property)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(200));

    private static MemoryHysteresis New() => new(0.6, 0.8, Dwell, Recheck);

    // One sample a second; a relief that changes nothing, the worst case.
    private static bool Run(
        MemoryHysteresis memory, int[] percents, Func<TimeSpan, MemoryState, double, bool> holds, TimeSpan start = default)
    {
        for (var index = 0; index < percents.Length; index++)
        {
            var (now, ratio, before) = (start + (index * Second), percents[index] / 100.0, memory.State);
            if (memory.Observe(now, ratio) == MemoryAction.Relieve)
            {
                memory.Relieved(now, ratio);
            }
            if (!holds(now, before, ratio))
            {
                return false;
            }
        }
        return true;
    }

    private bool Sample(double ratio)
    {
        var relieve = _memory.Observe(_now, ratio) == MemoryAction.Relieve;
        if (relieve)
        {
            _memory.Relieved(_now, ratio);
        }
        _now += Second;
        return relieve;
    }
}
