using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Publishing;

/// <summary>Several lanes over one log, and what reclaim may rely on.</summary>
public sealed class LaneSetTests : IDisposable
{
    private readonly TestLog _log = new();
    private readonly Instruments _instruments = new();
    private readonly PublishingOptions _options = new()
    {
        CursorInterval = TimeSpan.FromMilliseconds(20),
        BackoffMin = TimeSpan.FromMilliseconds(1),
    };

    [Fact]
    public async Task A_dead_sink_slows_nobody_else_but_holds_the_log()
    {
        var dead = new ScriptedSink { OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable)) };
        var good = new ScriptedSink();
        _log.AppendMany(100);
        await using var lanes = Lanes(("dead", dead), ("good", good));
        lanes.Start();
        await Poll.Until("good is done", () => lanes.Statuses[1].Saved == 100);

        Assert.Equal(0, lanes.SettledSequence);
        Assert.Equal(100, lanes.Statuses[0].PendingEvents);
    }

    [Fact]
    public async Task Segments_go_by_the_position_on_disk_and_not_by_the_one_in_memory()
    {
        _options.CursorInterval = TimeSpan.FromHours(1);
        _log.AppendMany(10);
        await using var lanes = Lanes(("slow", new ScriptedSink()));
        lanes.Start();
        await Poll.Until("delivered", () => lanes.Statuses[0].Settled == 10);

        Assert.Equal(0, lanes.SettledSequence);
        await lanes.StopAsync();
        Assert.Equal(10, lanes.SettledSequence);
    }

    [Fact]
    public async Task A_cursor_without_a_sink_holds_the_log_and_is_reported()
    {
        _log.AppendMany(10);
        await using (var before = Lanes(("gone", new ScriptedSink())))
        {
            before.Start();
            await Poll.Until("delivered", () => before.Statuses[0].Saved == 10);
        }
        _log.AppendMany(10);
        await using var lanes = Lanes(("other", new ScriptedSink()));
        lanes.Start();
        await Poll.Until("delivered", () => lanes.Statuses[0].Saved == 20);

        Assert.Equal([("gone", 10L)], lanes.Orphans.Select(cursor => (cursor.Name, cursor.Sequence)));
        Assert.Equal(10, lanes.SettledSequence);
    }

    [Fact]
    public async Task The_nodes_own_cursors_are_nobodys_lane()
    {
        _log.AppendMany(10);
        using (var own = _log.Log.OpenCursor("_accepted"))
        {
            own.Save(3, []);
        }
        await using var lanes = Lanes(("a", new ScriptedSink()));
        lanes.Start();
        await Poll.Until("delivered", () => lanes.SettledSequence == 10);
        Assert.Empty(lanes.Orphans);
    }

    [Fact]
    public async Task Lanes_that_were_stopped_say_what_they_left_and_go_on_there_when_they_are_started_again()
    {
        var sinks = new List<ScriptedSink>();
        var dead = true;
        ISink NewSink()
        {
            sinks.Add(new ScriptedSink
            {
                OnOpen = _ => Task.FromResult(
                    dead ? new SinkVerdict(VerdictKind.Retryable, "nothing listens there") : SinkVerdict.Delivered),
            });
            return sinks[^1];
        }
        _log.AppendMany(10);
        await using var lanes = new LaneSet(
            _log.Log, [new LaneSpec("a", "scripted", NewSink)], _options, new MemoryDeadLetters(), _instruments, TimeProvider.System,
            NullLoggerFactory.Instance);
        lanes.Start();
        await Poll.Until("it has met its obstacle", () => lanes.Statuses[0].Reason.Length > 0);

        await lanes.StopAsync();

        var left = lanes.Statuses[0];
        Assert.Equal((LaneState.Stopped, 10L, "nothing listens there"), (left.State, left.PendingEvents, left.Reason));
        Assert.True(left.LagSeconds > 0, $"{left}");

        dead = false;
        lanes.Start();
        await Poll.Until("delivered", () => lanes.Statuses[0].Saved == 10);
        Assert.Equal(2, lanes.Openings);
        Assert.Equal(10, sinks[^1].Delivered.Count);
        Assert.Equal((0, ""), (lanes.Statuses[0].LagSeconds, lanes.Statuses[0].Reason));
    }

    [Fact]
    public async Task Without_sinks_everything_durable_is_settled()
    {
        _log.AppendMany(10);
        await using var lanes = Lanes();
        lanes.Start();
        Assert.Equal(10, lanes.SettledSequence);
        Assert.True((await lanes.DrainAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken)).IsEmpty);
    }

    [Fact]
    public async Task A_cursor_beyond_the_end_of_the_log_is_refused_until_an_operator_says_where_to_go_on()
    {
        _log.AppendMany(10);
        using var shorter = _log.Copy();
        _log.AppendMany(90);
        await using (var before = Lanes(("a", new ScriptedSink())))
        {
            before.Start();
            await Poll.Until("delivered", () => before.Statuses[0].Saved == 100);
        }
        // A start would pass over what the cursor knows; so it comes while the log is open, as before a resume.
        Directory.CreateDirectory(Path.Combine(shorter.WalPath, "cursors"));
        File.Copy(Path.Combine(_log.WalPath, "cursors", "a.cursor"), Path.Combine(shorter.WalPath, "cursors", "a.cursor"));
        var sink = new ScriptedSink();
        await using var lanes = new LaneSet(
            shorter.Log, [new LaneSpec("a", "scripted", () => sink)], _options, new MemoryDeadLetters(), _instruments, TimeProvider.System,
            NullLoggerFactory.Instance);
        lanes.Start();
        await Poll.Until("blocked", () => lanes.Statuses[0].State == LaneState.Blocked);
        Assert.Contains("event 100 but the log ends at 10", lanes.Statuses[0].Reason, StringComparison.Ordinal);
        Assert.Equal(0, lanes.SettledSequence);

        Assert.Equal(RewindStatus.OutOfRange, (await lanes.RewindAsync("a", 12, TestContext.Current.CancellationToken)).Status);
        Assert.Equal(RewindStatus.Done, (await lanes.RewindAsync("a", 6, TestContext.Current.CancellationToken)).Status);
        await Poll.Until("delivered", () => lanes.Statuses[0].Saved == 10);
        Assert.Equal([6, 7, 8, 9, 10], sink.Sequences);
    }

    [Fact]
    public async Task A_cursor_of_another_log_says_nothing_and_delivery_begins_at_the_oldest_event()
    {
        _log.AppendMany(100);
        await using (var before = Lanes(("a", new ScriptedSink())))
        {
            before.Start();
            await Poll.Until("delivered", () => before.Statuses[0].Saved == 100);
        }
        using var other = new TestLog();
        other.AppendMany(10);
        Directory.CreateDirectory(Path.Combine(other.WalPath, "cursors"));
        File.Copy(Path.Combine(_log.WalPath, "cursors", "a.cursor"), Path.Combine(other.WalPath, "cursors", "a.cursor"));
        var sink = new ScriptedSink();
        await using var lanes = new LaneSet(
            other.Log, [new LaneSpec("a", "scripted", () => sink)], _options, new MemoryDeadLetters(), _instruments, TimeProvider.System,
            NullLoggerFactory.Instance);
        lanes.Start();
        await Poll.Until("delivered", () => lanes.Statuses[0].Saved == 10);
        Assert.Equal(Enumerable.Range(1, 10).Select(number => (long)number), sink.Sequences);
    }

    [Fact]
    public async Task A_new_lane_delivers_what_is_still_there()
    {
        _log.AppendMany(10);
        var sink = new ScriptedSink();
        await using var lanes = Lanes(("new", sink));
        lanes.Start();
        await Poll.Until("delivered", () => lanes.Statuses[0].Saved == 10);
        Assert.Equal(10, sink.Delivered.Count);
    }

    [Fact]
    public async Task A_damaged_cursor_begins_again_with_the_oldest_event_rather_than_skip_any()
    {
        _log.AppendMany(100);
        await using (var before = Lanes(("a", new ScriptedSink())))
        {
            before.Start();
            await Poll.Until("delivered", () => before.Statuses[0].Saved == 100);
        }
        var path = Path.Combine(_log.WalPath, "cursors", "a.cursor");
        await File.WriteAllBytesAsync(
            path, Enumerable.Repeat((byte)0xA5, (int)new FileInfo(path).Length).ToArray(), TestContext.Current.CancellationToken);
        _log.Reopen();
        _log.AppendMany(10);
        var sink = new ScriptedSink();
        await using var lanes = Lanes(("a", sink));
        Assert.Equal(0, lanes.SettledSequence);
        lanes.Start();
        await Poll.Until("delivered", () => lanes.Statuses[0].Saved == 110);

        Assert.Equal(Enumerable.Range(1, 110).Select(n => (long)n), sink.Sequences);
        Assert.Equal((0, 110), (lanes.Statuses[0].Start, lanes.Statuses[0].Delivered));
    }

    public void Dispose()
    {
        _log.Dispose();
        _instruments.Dispose();
    }

    private LaneSet Lanes(params (string Name, ISink Sink)[] sinks) => new(
        _log.Log,
        [.. sinks.Select(sink => new LaneSpec(sink.Name, "scripted", () => sink.Sink))],
        _options,
        new MemoryDeadLetters(),
        _instruments,
        TimeProvider.System,
        NullLoggerFactory.Instance);
}
