using System.Text.Json;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Health.Memory;
using Ingest.Operations.Status;

namespace Ingest.Tests.Operations.Status;

public sealed class StatusReaderTests : IDisposable
{
    private readonly NodeFixture _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void The_state_is_the_worst_that_holds()
    {
        Assert.Equal("starting", _node.Status.Read().State);
        _node.Gate.Open(RefusalCode.Starting);
        Assert.Equal(("serving", true), (_node.Status.Read().State, _node.Status.Read().Ready));
        _node.Gate.Close(RefusalCode.DiskPressure, "The disk is full.");
        Assert.Equal(("serving", false), (_node.Status.Read().State, _node.Status.Read().Ready));
        Assert.Equal(new ReasonStatus("disk_pressure", "The disk is full."), Assert.Single(_node.Status.Read().Reasons));
        _node.Drain = _node.Drain with { Phase = DrainPhase.Delivering };
        Assert.Equal("draining", _node.Status.Read().State);
        _node.Drain = _node.Drain with { Phase = DrainPhase.Drained };
        Assert.Equal("drained", _node.Status.Read().State);
    }

    [Fact]
    public void The_document_keeps_its_shape()
    {
        _node.Gate.Open(RefusalCode.Starting);
        _node.Streams.Add("orders", 7, 700, 7);
        _node.Lanes =
        [
            LaneAccountingTests.Lane(start: 0, settled: 5) with { Delivered = 4, DeadLettered = 1, Streams = [new("orders", 4, 1)] },
        ];
        _node.Health.Publish(new HealthSample
        {
            Memory = new MemoryReading(50, 100, "cgroup", 20, 80),
            DiskFree = 1000,
            DiskTotal = 2000,
        });
        _node.Drain = _node.Drain with
        {
            Phase = DrainPhase.BalancerDelay,
            Reason = "POST /drain",
            Remaining = TimeSpan.FromSeconds(2.5),
            Phases = [new DrainPhaseTiming(DrainPhase.BalancerDelay, _node.Time.GetUtcNow(), TimeSpan.FromSeconds(1))],
            Failures = ["SaveAsync: no"],
        };
        _node.Time.Advance(TimeSpan.FromSeconds(1.5));

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(_node.Status.Read(), StatusJson.Plain.NodeStatus));
        var root = document.RootElement;

        string[] members =
        [
            "node", "version", "startedAt", "uptimeSeconds", "state", "ready", "reasons", "attention", "drain", "log", "queue",
            "lanes", "orphans",
            "streams", "deadLetters", "producers", "memory", "disk", "policy",
        ];
        Assert.Equal(members, root.EnumerateObject().Select(member => member.Name));
        Assert.Equal("1.2.3+abc", root.GetProperty("version").GetString());
        Assert.Equal(1.5, root.GetProperty("uptimeSeconds").GetDouble());
        var lane = root.GetProperty("lanes")[0];
        Assert.Equal("backing_off", lane.GetProperty("state").GetString());
        Assert.Equal("half_open", lane.GetProperty("breaker").GetString());
        Assert.Equal(3.14, lane.GetProperty("window").GetDouble());
        Assert.Equal(5, lane.GetProperty("attempts").GetProperty("delivered").GetInt64());
        Assert.True(lane.GetProperty("sum").GetProperty("balanced").GetBoolean());
        Assert.Equal(2, root.GetProperty("streams")[0].GetProperty("lanes")[0].GetProperty("outstanding").GetInt64());
        Assert.Equal("balancer_delay", root.GetProperty("drain").GetProperty("phase").GetString());
        Assert.Equal(2.5, root.GetProperty("drain").GetProperty("remainingSeconds").GetDouble());
        Assert.Equal(0.5, root.GetProperty("memory").GetProperty("ratio").GetDouble());
        Assert.Equal(1000, root.GetProperty("disk").GetProperty("freeBytes").GetInt64());
        Assert.Equal(17, root.GetProperty("orphans")[0].GetProperty("settled").GetInt64());
        Assert.Equal(_node.Log.Id, root.GetProperty("log").GetProperty("id").GetGuid());

        var back = JsonSerializer.Deserialize(document, StatusJson.Default.NodeStatus)!;
        Assert.Equal("orders", back.Streams[0].Stream);
        Assert.Equal(_node.Status.Read().Lanes[0].Sum, back.Lanes[0].Sum);
    }

    [Fact]
    public void Many_questions_in_a_row_look_at_the_node_once()
    {
        var first = _node.Status.Recent();
        _node.Time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Same(first, _node.Status.Recent());
        Assert.Equal(1, _node.Looks);
        _node.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.NotSame(first, _node.Status.Recent());
    }
}
