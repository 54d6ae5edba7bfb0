using System.Text.Json;
using Ingest.Health;
using Ingest.Health.Advice;
using Ingest.Health.Memory;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Health;

public sealed class HealthSamplerTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly AdmissionGate _gate = new();
    private readonly HealthOptions _options = new();
    private readonly HealthState _state;
    private readonly RetryAdvice _advice = new(TimeSpan.FromMinutes(1), new Random(1));
    private readonly StagedHealth _node;
    private readonly HealthSampler _sampler;

    private long _used = 10;

    public HealthSamplerTests()
    {
        _gate.Open(RefusalCode.Starting);
        _state = new HealthState(_gate, _options, _time);
        _node = new StagedHealth
        {
            Gate = _gate,
            DataDirectory = Path.GetTempPath(),
            ReadLog = () => new LogHealth(500, 1000, 42, 40, TimeSpan.FromSeconds(3)),
            Lanes = [new LaneHealth("file", "open", 2, "The folder is gone.")],
            Version = "1.2.3",
        };
        _options.DiskFreeLow = 0;
        _sampler = new HealthSampler(
            _options, _node, _state, _advice, _time, NullLogger.Instance, () => new MemoryReading(_used, 100, "test", 5, 100));
    }

    public void Dispose() => _sampler.Dispose();

    [Fact]
    public void Memory_over_the_high_threshold_closes_the_gate_once_and_opens_it_once()
    {
        var flips = new List<string>();
        _gate.Changed += () => flips.Add(string.Join(' ', _gate.Reasons.Select(reason => reason.Code.Text())));
        foreach (var used in new[] { 50, 70, 79, 85, 90, 81, 79, 70, 65, 61, 59, 70, 79, 75 })
        {
            _used = used;
            Look(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(["memory_pressure", ""], flips);
        // Before it fails, and once more after the dwell.
        Assert.Equal(2, _node.Trims);
    }

    [Fact]
    public void Refusing_for_memory_and_not_ready_are_one()
    {
        _used = 90;
        Look();
        Assert.Equal(RefusalCode.MemoryPressure, _gate.Current?.Code);
        Assert.Equal((503, "not_ready", "memory_pressure"), HealthStateTests.Read(_state.Ready));
        Assert.Equal((200, "live", ""), HealthStateTests.Read(_state.Live));
    }

    [Fact]
    public void Commits_that_stand_still_make_the_node_not_live_until_they_move()
    {
        _node.Commits = new CommitHeartbeat(3, 7);
        Look();
        Look(TimeSpan.FromSeconds(30));
        Assert.Equal(200, _state.Live.Status);
        Look(TimeSpan.FromSeconds(1));
        Assert.Equal((503, "not_live", "commit_stalled"), HealthStateTests.Read(_state.Live));
        _node.Commits = new CommitHeartbeat(3, 8);
        Look(TimeSpan.FromSeconds(1));
        Assert.Equal(200, _state.Live.Status);
    }

    [Fact]
    public void An_idle_queue_is_no_stalled_one()
    {
        _node.Commits = new CommitHeartbeat(0, 7);
        Look();
        Look(TimeSpan.FromHours(1));
        Assert.Equal(200, _state.Live.Status);
        // Work that arrives after an hour of nothing has its own time.
        _node.Commits = new CommitHeartbeat(1, 7);
        Look(TimeSpan.FromSeconds(20));
        Assert.Equal(200, _state.Live.Status);
    }

    [Fact]
    public void A_failed_log_is_not_live()
    {
        _node.LogFailure = "fdatasync: EIO";
        Look();
        Assert.Equal((503, "not_live", "log_failed"), HealthStateTests.Read(_state.Live));
    }

    [Fact]
    public void Only_what_decides_may_not_fail()
    {
        _node.ReadLog = () => throw new ObjectDisposedException("log");
        Look(TimeSpan.FromSeconds(6));
        Assert.Equal(200, _state.Live.Status);
        using var json = JsonDocument.Parse(_state.Detail.Body);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("log").ValueKind);
    }

    [Fact]
    public void A_disk_below_its_low_mark_refuses_and_a_lane_that_is_down_does_not()
    {
        Look();
        Assert.Equal(200, _state.Ready.Status);
        using var json = JsonDocument.Parse(_state.Detail.Body);
        Assert.Equal("open", json.RootElement.GetProperty("lanes")[0].GetProperty("state").GetString());
        var options = new HealthOptions { DiskFreeLow = 1L << 50, DiskFreeHigh = 1L << 50 };
        var sources = new StagedHealth { Gate = _gate, DataDirectory = Path.GetTempPath() };
        using var sampler = new HealthSampler(options, sources, _state, _advice, _time, NullLogger.Instance, () => default);
        Assert.Equal((503, "not_ready", "disk_pressure"), HealthStateTests.Read(_state.Ready));
    }

    [Fact]
    public void The_detail_has_every_figure()
    {
        Look(TimeSpan.FromSeconds(2));
        using var json = JsonDocument.Parse(_state.Detail.Body);
        var root = json.RootElement;
        Assert.Equal(
            """{"state":"good","ratio":0.1,"anon":10,"limit":100,"limitSource":"test","gcHeap":5,"gcLimit":100}""",
            root.GetProperty("memory").GetRawText());
        Assert.True(root.GetProperty("disk").GetProperty("free").GetInt64() > 0);
        Assert.Equal(
            """{"bytes":500,"bytesMax":1000,"durable":42,"pending":2,"oldestSeconds":3,"settledPerSecond":0}""",
            root.GetProperty("log").GetRawText());
        Assert.Equal(
            """[{"name":"file","state":"open","pending":2,"detail":"The folder is gone."}]""",
            root.GetProperty("lanes").GetRawText());
        Assert.Equal(("serving", 2, "1.2.3"), (
            root.GetProperty("drain").GetString(), root.GetProperty("uptimeSeconds").GetInt32(), root.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task Its_thread_looks_again_and_again_until_it_is_told_to_stop()
    {
        _options.SampleInterval = TimeSpan.FromMilliseconds(1);
        var looks = 0;
        _node.ReadLog = () =>
        {
            Interlocked.Increment(ref looks);
            return null;
        };
        _sampler.Start();
        await Poll.Until("five looks", () => Volatile.Read(ref looks) >= 5);
        _sampler.Dispose();
        var last = Volatile.Read(ref looks);
        await Task.Yield();
        Assert.Equal(last, Volatile.Read(ref looks));
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_named()
    {
        Assert.Empty(new HealthOptions().Contradictions());
        var wrong = new HealthOptions { MemoryLow = 0.9, DiskFreeHigh = 1, StaleAfter = TimeSpan.FromSeconds(1) };
        Assert.Equal(3, wrong.Contradictions().Count());
        Assert.All(wrong.Contradictions(), text => Assert.StartsWith("Health:", text, StringComparison.Ordinal));
    }

    private void Look(TimeSpan after = default)
    {
        _time.Advance(after);
        _sampler.LookOnce();
    }
}
