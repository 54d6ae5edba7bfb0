using Ingest.Health;

namespace Ingest.Tests.Health;

public sealed class AdmissionGateTests
{
    private readonly AdmissionGate _gate = new();

    public AdmissionGateTests() => _gate.Open(RefusalCode.Starting);

    [Fact]
    public void It_starts_closed() => Assert.Equal(RefusalCode.Starting, new AdmissionGate().Current?.Code);

    [Fact]
    public void The_first_reason_by_precedence_is_answered()
    {
        _gate.Close(RefusalCode.Overloaded, "full");
        _gate.Close(RefusalCode.Draining, "going");
        _gate.Close(RefusalCode.MemoryPressure, "large");
        Assert.Equal(RefusalCode.Draining, _gate.Current?.Code);
        RefusalCode[] all = [RefusalCode.Draining, RefusalCode.MemoryPressure, RefusalCode.Overloaded];
        Assert.Equal(all, _gate.Reasons.Select(reason => reason.Code));
        _gate.Open(RefusalCode.Draining);
        Assert.Equal(RefusalCode.MemoryPressure, _gate.Current?.Code);
    }

    [Fact]
    public void An_announced_reason_is_told_and_does_not_refuse()
    {
        _gate.Announce(RefusalCode.Draining, "soon");
        Assert.Null(_gate.Current);
        Assert.Equal([new Refusal(RefusalCode.Draining, "soon")], _gate.Reasons);
        _gate.Close(RefusalCode.Draining, "now");
        Assert.Equal(new Refusal(RefusalCode.Draining, "now"), _gate.Current);
        _gate.Open(RefusalCode.Draining);
        Assert.Empty(_gate.Reasons);
    }

    [Fact]
    public void Of_two_owners_of_one_reason_neither_takes_the_others_back()
    {
        _gate.Close(RefusalCode.DiskPressure, "the log");
        _gate.Close(RefusalCode.DiskPressure, "the disk", "health");
        _gate.Open(RefusalCode.DiskPressure);
        Assert.Equal("the disk", _gate.Current?.Detail);
        _gate.Open(RefusalCode.DiskPressure, "health");
        Assert.Null(_gate.Current);
    }

    [Fact]
    public void Only_a_change_is_told()
    {
        var changes = 0;
        _gate.Changed = () => changes++;
        _gate.Open(RefusalCode.Draining);
        _gate.Close(RefusalCode.Draining, "a");
        _gate.Close(RefusalCode.Draining, "a");
        _gate.Close(RefusalCode.Draining, "b");
        _gate.Announce(RefusalCode.Draining, "b");
        _gate.Open(RefusalCode.Draining);
        Assert.Equal(4, changes);
    }

    [Fact]
    public void Every_code_has_a_name() =>
        Assert.Equal(
            ["starting", "log_failed", "draining", "policy_refused", "memory_pressure", "disk_pressure", "overloaded"],
            Enum.GetValues<RefusalCode>().Select(code => code.Text()));
}
