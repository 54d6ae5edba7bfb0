using Ingest.Drain;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Drain;

public sealed class DrainControllerTests : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly string[] Forward = ["Announce", "Refuse", "Commit", "Hurry", "Save"];
    private static readonly string[] Back = ["ResumeDelivery", "ReopenQueue", "Accept", "Withdraw"];

    private readonly FakeTime _time = new();
    private readonly RecordedSteps _steps = new();
    private readonly DrainController _drain;

    public DrainControllerTests() => _drain = new DrainController(new DrainOptions(), _steps, _time, NullLogger<DrainController>.Instance);

    public ValueTask DisposeAsync() => _drain.DisposeAsync();

    [Fact]
    public async Task A_drain_ends_in_the_exit_and_says_what_it_did()
    {
        var drained = _drain.RequestDrain("SIGTERM", exitAfter: true);
        Assert.Equal(["Announce"], _steps.Steps);
        Assert.True(_drain.CloseConnections);
        await RunUntil(drained);
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
        var report = await drained;
        Assert.Equal(DrainPhase.Drained, report.Phase);
        Assert.Equal(0, report.Left.Events);
        Assert.Empty(report.Failures);
        Assert.True(_drain.CloseConnections);
    }

    [Fact]
    public async Task A_drain_that_is_held_back_runs_from_its_beginning_on()
    {
        _drain.Hold();
        _drain.OnSignal("SIGTERM");
        var drained = _drain.RequestDrain("the host stops", exitAfter: true);
        _drain.OnSignal("SIGTERM");
        Assert.Empty(_steps.Steps);
        Assert.True(_drain.CloseConnections);

        _drain.Begin();
        await RunUntil(drained);

        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
        Assert.Equal("SIGTERM", _drain.Status.Reason);
        Assert.True(_drain.Status.WaitsSkipped);
    }

    [Fact]
    public async Task A_drain_that_was_held_back_and_taken_back_moves_nothing()
    {
        _drain.Hold();
        _ = _drain.RequestDrain("test", exitAfter: false);
        var resumed = _drain.ResumeAsync();

        _drain.Begin();

        Assert.Equal(ResumeOutcome.Resumed, await resumed);
        Assert.Empty(_steps.Steps);
        Assert.False(_drain.CloseConnections);
    }

    [Fact]
    public async Task A_listener_of_phases_that_throws_does_not_end_the_drain()
    {
        var phases = new List<DrainPhase>();
        _drain.PhaseChanged = phase =>
        {
            phases.Add(phase);
            throw new InvalidOperationException("The listener broke.");
        };
        var drained = _drain.RequestDrain("SIGTERM", exitAfter: true);
        await RunUntil(drained);
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
        Assert.Equal(DrainPhase.Drained, phases[^1]);
    }

    [Fact]
    public async Task Readiness_is_off_when_the_request_returns_and_intake_accepts_for_the_balancers_delay()
    {
        var drained = _drain.RequestDrain("test", exitAfter: false);
        Assert.Equal(DrainPhase.BalancerDelay, _drain.Status.Phase);
        await Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(["Announce"], _steps.Steps);
        await RunUntil(drained);
        var delay = _drain.Status.Phases.Single(timing => timing.Phase == DrainPhase.BalancerDelay);
        Assert.InRange(delay.Took, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Its_progress_is_visible_while_it_runs()
    {
        (_steps.RequestsInFlight, _steps.Pending) = (2, 7);
        var drained = _drain.RequestDrain("test", exitAfter: false);
        await RunUntilPhase(DrainPhase.Finishing);
        Assert.Equal(2, _drain.Status.RequestsInFlight);
        Assert.InRange(_drain.Status.Remaining!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        _steps.RequestsInFlight = 0;
        await RunUntilPhase(DrainPhase.Delivering);
        var status = _drain.Status;
        Assert.Equal(new DrainBacklog(7, 700, TimeSpan.FromSeconds(7)), status.Backlog);
        Assert.Equal("test", status.Reason);
        Assert.Equal(
            [DrainPhase.BalancerDelay, DrainPhase.Refusing, DrainPhase.Finishing, DrainPhase.Committing, DrainPhase.Delivering],
            status.Phases.Select(timing => timing.Phase));
        _steps.Pending = 0;
        await RunUntil(drained);
    }

    [Fact]
    public async Task What_is_left_at_the_deadline_is_reported_and_no_error()
    {
        _steps.Pending = 3;
        var drained = _drain.RequestDrain("test", exitAfter: true);
        await RunUntil(drained);
        var report = await drained;
        Assert.Equal(3, report.Left.Events);
        Assert.Empty(report.Failures);
        Assert.InRange(report.Took, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(33));
    }

    [Fact]
    public async Task A_second_signal_skips_the_waits_but_not_the_requests_in_flight()
    {
        (_steps.RequestsInFlight, _steps.Pending) = (1, 3);
        _drain.OnSignal("SIGTERM");
        _drain.OnSignal("SIGTERM");
        var drained = _drain.RequestDrain("the host stops", exitAfter: true);
        // The clock stands still up to here: the balancer's delay ended at once.
        await Poll.Until("refusing", () => _drain.Status.Phase == DrainPhase.Finishing);
        Assert.False(drained.IsCompleted);
        _steps.RequestsInFlight = 0;
        await RunUntil(drained);
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
        Assert.Equal("SIGTERM", _drain.Status.Reason);
        Assert.InRange((await drained).Took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Everyone_who_asks_joins_the_one_drain()
    {
        var asked = Enumerable.Range(0, 8).Select(index => Task.Run(() => _drain.RequestDrain($"{index}", exitAfter: index == 5)));
        var drained = Task.WhenAll(asked);
        await RunUntil(drained);
        Assert.Single((await drained).Distinct());
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
    }

    [Fact]
    public async Task A_signal_after_the_drain_only_exits()
    {
        await RunUntil(_drain.RequestDrain("POST /drain", exitAfter: false));
        Assert.Equal(Forward, _steps.Steps);
        await RunUntil(_drain.RequestDrain("SIGTERM", exitAfter: true));
        await Poll.Until("exit", () => _steps.Steps.Length == 6);
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
        Assert.Equal(ResumeOutcome.Exiting, await _drain.ResumeAsync());
    }

    [Fact]
    public async Task Resuming_after_the_end_brings_everything_back_and_the_next_drain_is_a_whole_one()
    {
        await RunUntil(_drain.RequestDrain("first", exitAfter: false));
        Assert.Equal(ResumeOutcome.Resumed, await _drain.ResumeAsync());
        Assert.Equal([.. Forward, .. Back], _steps.Steps);
        Assert.False(_drain.CloseConnections);
        Assert.Equal((DrainPhase.Serving, ""), (_drain.Status.Phase, _drain.Status.Reason));
        Assert.Empty(_drain.Status.Phases);
        var second = _drain.RequestDrain("second", exitAfter: false);
        await RunUntil(second);
        Assert.Equal(DrainPhase.Drained, (await second).Phase);
        Assert.Equal([.. Forward, .. Back, .. Forward], _steps.Steps);
    }

    [Fact]
    public async Task Resuming_in_the_middle_tells_those_who_waited_for_the_drain()
    {
        _steps.Pending = 1;
        var drained = _drain.RequestDrain("test", exitAfter: false);
        await RunUntilPhase(DrainPhase.Delivering);
        Assert.Equal(ResumeOutcome.Resumed, await _drain.ResumeAsync());
        Assert.Equal(DrainPhase.Serving, (await drained).Phase);
        Assert.DoesNotContain("Save", _steps.Steps);
    }

    [Fact]
    public async Task Resuming_during_the_last_commit_waits_for_it()
    {
        var commit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _steps.Committed = commit.Task;
        var drained = _drain.RequestDrain("test", exitAfter: false);
        await RunUntilPhase(DrainPhase.Committing);
        var resumed = _drain.ResumeAsync();
        Assert.False(resumed.IsCompleted);
        commit.SetResult();
        Assert.Equal(ResumeOutcome.Resumed, await resumed);
        Assert.Equal(DrainPhase.Serving, (await drained).Phase);
        Assert.Equal(["Announce", "Refuse", "Commit", "ReopenQueue", "Accept", "Withdraw"], _steps.Steps);
    }

    [Fact]
    public async Task A_signal_during_a_resume_drains_and_exits_after_all()
    {
        _steps.Pending = 1;
        var first = _drain.RequestDrain("test", exitAfter: false);
        await RunUntilPhase(DrainPhase.Delivering);
        var resumed = _drain.ResumeAsync();
        var second = _drain.RequestDrain("SIGTERM", exitAfter: true);
        _steps.Pending = 0;
        await RunUntil(second);
        Assert.Contains(await resumed, new[] { ResumeOutcome.Overtaken, ResumeOutcome.Resumed });
        Assert.Equal(DrainPhase.Drained, (await second).Phase);
        Assert.True(first.IsCompleted);
        Assert.Equal("Exit", _steps.Steps[^1]);
    }

    [Fact]
    public async Task A_step_that_fails_is_reported_and_the_drain_comes_to_its_end()
    {
        _steps.Broken.UnionWith(["Announce", "Commit", "Save"]);
        var drained = _drain.RequestDrain("SIGTERM", exitAfter: true);
        await RunUntil(drained);
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
        Assert.Equal(["Announce: Announce broke.", "Commit: Commit broke.", "Save: Save broke."], (await drained).Failures);
    }

    [Fact]
    public async Task Without_counts_the_deadlines_decide()
    {
        _steps.Broken.Add("Backlog");
        var drained = _drain.RequestDrain("SIGTERM", exitAfter: true);
        await RunUntil(drained);
        Assert.Equal([.. Forward, "Exit"], _steps.Steps);
    }

    [Fact]
    public async Task A_resume_that_fails_leaves_a_whole_drain_behind()
    {
        await RunUntil(_drain.RequestDrain("test", exitAfter: false));
        _steps.Broken.Add("ReopenQueue");
        Assert.Equal(ResumeOutcome.Failed, await _drain.ResumeAsync());
        await RunUntil(_drain.RequestDrain("again", exitAfter: false));
        await RunUntilPhase(DrainPhase.Drained);
        Assert.Equal([.. Forward, "ResumeDelivery", "ReopenQueue", .. Forward], _steps.Steps);
        Assert.True(_drain.CloseConnections);
    }

    [Fact]
    public async Task Phases_are_announced_in_their_order()
    {
        var phases = new List<DrainPhase>();
        _drain.PhaseChanged = phases.Add;
        await RunUntil(_drain.RequestDrain("test", exitAfter: false));
        await _drain.ResumeAsync();
        Assert.Equal(Enum.GetValues<DrainPhase>()[1..].Append(DrainPhase.Serving), phases);
    }

    [Fact]
    public void Every_phase_has_a_name() =>
        Assert.Equal(
            ["serving", "balancer_delay", "refusing", "finishing", "committing", "delivering", "saving", "drained", "resuming"],
            Enum.GetValues<DrainPhase>().Select(phase => phase.Text()));

    private Task RunUntilPhase(DrainPhase phase) => RunUntil($"phase {phase}", () => _drain.Status.Phase == phase);

    private Task RunUntil(Task ended) => RunUntil("the end", () => ended.IsCompleted);

    private async Task RunUntil(string what, Func<bool> reached) =>
        await Poll.Until(what, () =>
        {
            if (!reached() && _time.ArmedTimers > 0)
            {
                _time.Advance(Tick);
            }
            return reached();
        });

    private async Task Advance(TimeSpan by)
    {
        for (var left = by; left > TimeSpan.Zero; left -= Tick)
        {
            await Poll.Until("the loop waits", () => _time.ArmedTimers > 0);
            _time.Advance(left < Tick ? left : Tick);
        }
    }
}
