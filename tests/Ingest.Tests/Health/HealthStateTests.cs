using System.Text.Json;
using Ingest.Health;
using Ingest.Testing;

namespace Ingest.Tests.Health;

[Collection(Alone.Name)]
public sealed class HealthStateTests
{
    private readonly FakeTime _time = new();
    private readonly AdmissionGate _gate = new();
    private readonly HealthState _state;

    public HealthStateTests() => _state = new HealthState(_gate, new HealthOptions(), _time);

    [Fact]
    public void Before_anything_is_known_the_node_is_live_and_starting()
    {
        Assert.Equal((200, "live", ""), Read(_state.Live));
        Assert.Equal((503, "not_ready", "starting"), Read(_state.Ready));
        Assert.Equal((503, "not_ready", "starting"), Read(_state.Detail));
    }

    [Fact]
    public void The_gate_shows_at_once_without_a_sample()
    {
        _gate.Open(RefusalCode.Starting);
        Assert.Equal((200, "ready", ""), Read(_state.Ready));
        _gate.Announce(RefusalCode.Draining, "soon");
        Assert.Equal((503, "not_ready", "draining"), Read(_state.Ready));
        Assert.Equal((200, "live", ""), Read(_state.Live));
        _gate.Close(RefusalCode.DiskPressure, "full");
        Assert.Equal((503, "not_ready", "draining disk_pressure"), Read(_state.Detail));
        _gate.Open(RefusalCode.Draining);
        _gate.Open(RefusalCode.DiskPressure);
        Assert.Equal((200, "ready", ""), Read(_state.Detail));
    }

    [Fact]
    public void The_gate_shows_before_the_thread_that_moved_it_comes_to_say_so()
    {
        _gate.Changed = null;
        _gate.Open(RefusalCode.Starting);
        Assert.Equal((200, "ready", ""), Read(_state.Ready));
        _gate.Close(RefusalCode.DiskPressure, "full");
        Assert.Equal((503, "not_ready", "disk_pressure"), Read(_state.Ready));
        _gate.Open(RefusalCode.DiskPressure);
        Assert.Equal((200, "ready", ""), Read(_state.Detail));
    }

    [Fact]
    public void A_sampler_that_stops_makes_every_answer_failing()
    {
        _gate.Open(RefusalCode.Starting);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200, _state.Ready.Status);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((503, "not_live", "sample_stale"), Read(_state.Live));
        Assert.Equal((503, "not_ready", "sample_stale"), Read(_state.Ready));
        Assert.Equal((503, "not_live", "sample_stale"), Read(_state.Detail));
        // A change of the gate is no look at the node.
        _gate.Close(RefusalCode.Overloaded, "full");
        _gate.Open(RefusalCode.Overloaded);
        Assert.Equal(503, _state.Ready.Status);
        _state.Publish(new HealthSample());
        Assert.Equal(200, _state.Ready.Status);
    }

    [Fact]
    public void What_is_not_live_is_not_ready_either_and_is_said_once()
    {
        _gate.Open(RefusalCode.Starting);
        _gate.Close(RefusalCode.LogFailed, "The log failed.");
        _state.Publish(new HealthSample { NotLive = [new HealthReason("log_failed", "EIO")] });
        Assert.Equal((503, "not_live", "log_failed"), Read(_state.Live));
        Assert.Equal((503, "not_ready", "log_failed"), Read(_state.Ready));
        Assert.Equal((503, "not_live", "log_failed"), Read(_state.Detail));
    }

    [Fact]
    public void A_probe_allocates_nothing()
    {
        _gate.Open(RefusalCode.Starting);
        var state = new HealthState(_gate, new HealthOptions(), TimeProvider.System);
        var sum = Probe(state);
        var allocated = Allocations.OfOneRun(() =>
        {
            for (var probe = 0; probe < 1000; probe++)
            {
                sum += Probe(state);
            }
        });
        Assert.Equal(0, allocated);
        Assert.True(sum > 0);
    }

    [Fact]
    public async Task Answers_are_whole_while_the_gate_changes()
    {
        _gate.Open(RefusalCode.Starting);
        using var stop = new CancellationTokenSource();
        var changing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _gate.Close(RefusalCode.Overloaded, "full");
                _gate.Open(RefusalCode.Overloaded);
            }
        }, TestContext.Current.CancellationToken);
        for (var probe = 0; probe < 10_000; probe++)
        {
            var (status, text, codes) = Read(_state.Ready);
            Assert.Contains((status, text, codes), new[] { (200, "ready", ""), (503, "not_ready", "overloaded") });
        }
        await stop.CancelAsync();
        await changing;
        Assert.Equal(200, _state.Ready.Status);
    }

    internal static (int Status, string Text, string Codes) Read(HealthAnswer answer)
    {
        using var json = JsonDocument.Parse(answer.Body);
        var codes = json.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetProperty("code").GetString());
        return (answer.Status, json.RootElement.GetProperty("status").GetString()!, string.Join(' ', codes));
    }

    private static int Probe(HealthState state) => state.Live.Body.Length + state.Ready.Status + state.Detail.Status;
}
