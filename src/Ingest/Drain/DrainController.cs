using Microsoft.Extensions.Logging;

namespace Ingest.Drain;

/// <summary>
/// Stops the node in one order, whatever asks: a signal, an operator, the host. Every way in joins the drain that runs. The order is
/// decided by <see cref="DrainSequence"/>; this is the loop that carries it out.
/// </summary>
public sealed class DrainController : IDrainStatus, IAsyncDisposable
{
    // Counts are looked at this often: short against every wait, long against reading them.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly IDrainSteps _steps;
    private readonly DrainCounts _counts;
    private readonly PhaseReport _report;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _origin;
    private readonly Lock _lock = new();

    // All of these under the lock.
    private readonly DrainSequence _sequence;
    private readonly DrainHistory _history;
    private TaskCompletionSource<DrainReport> _done = Completion<DrainReport>();
    private TaskCompletionSource<ResumeOutcome>? _resumed;
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private bool _running;
    private bool _held;
    private bool _runWanted;
    private int _signals;

    // Written under the lock, read by any thread with Volatile.
    private bool _closeConnections;

    /// <summary>A controller at rest.</summary>
    /// <param name="options">How long the waits may take.</param>
    /// <param name="steps">What is moved.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For each phase and what is left at the end.</param>
    public DrainController(DrainOptions options, IDrainSteps steps, TimeProvider time, ILogger<DrainController> logger)
    {
        (_steps, _time, _logger) = (steps, time, logger);
        _counts = new DrainCounts(steps, logger);
        _origin = time.GetTimestamp();
        _sequence = new DrainSequence(options);
        _history = new DrainHistory(time);
        _report = new PhaseReport(_sequence, _history, logger);
    }

    /// <summary>
    /// Holds back the steps of a drain that is asked for from now on until <see cref="Begin"/>: stations that are being started must not
    /// be stopped beside it. What is asked for meanwhile is kept, and readiness is off anyway. Any thread.
    /// </summary>
    internal void Hold()
    {
        lock (_lock)
        {
            _held = true;
        }
    }

    /// <summary>The stations have started: a drain that was asked for meanwhile runs from here on. Any thread.</summary>
    internal void Begin()
    {
        Task? start = null;
        lock (_lock)
        {
            _held = false;
            if (_runWanted)
            {
                _runWanted = false;
                start = RunNeedsLock();
            }
        }
        start?.Start(TaskScheduler.Default);
    }

    /// <summary>Called after each change of phase, on the thread of the drain. Must be quick; what it throws is logged.</summary>
    public Action<DrainPhase>? PhaseChanged { get; set; }

    /// <summary>Whether HTTP/1.1 answers carry <c>Connection: close</c>: from a drain's first moment on. Any thread; one read.</summary>
    public bool CloseConnections => Volatile.Read(ref _closeConnections);

    /// <summary>How far the drain is. Any thread; reads the counts anew.</summary>
    public DrainStatus Status
    {
        get
        {
            var (inFlight, backlog) = _counts.Read();
            lock (_lock)
            {
                return new DrainStatus
                {
                    Phase = _sequence.Phase,
                    Reason = _sequence.Reason,
                    ExitAfter = _sequence.ExitAfter,
                    WaitsSkipped = _sequence.WaitsSkipped,
                    Phases = _history.Timings(),
                    RequestsInFlight = inFlight,
                    Backlog = backlog,
                    Remaining = _sequence.Remaining(Now),
                    Failures = _history.Failures,
                };
            }
        }
    }

    /// <summary>Starts a drain or joins the one that runs. Joining can add the exit and shorten the deadline, never the opposite.</summary>
    /// <param name="reason">What asked, for people: <c>SIGTERM</c>, <c>POST /drain</c>.</param>
    /// <param name="exitAfter">Whether <see cref="IDrainSteps.Exit"/> is called at the end.</param>
    /// <param name="deadline">How long lanes may deliver, instead of <see cref="DrainOptions.Deadline"/>.</param>
    /// <returns>Ends when the node is drained, or serves again because the drain was taken back. It need not be awaited.</returns>
    public Task<DrainReport> RequestDrain(string reason, bool exitAfter, TimeSpan? deadline = null)
    {
        Task? start;
        Task<DrainReport> done;
        lock (_lock)
        {
            if (_done.Task.IsCompleted && _sequence.Phase != DrainPhase.Drained)
            {
                _done = Completion<DrainReport>();
            }
            _sequence.Request(Now, reason, exitAfter, deadline);
            _resumed?.TrySetResult(ResumeOutcome.Overtaken);
            Volatile.Write(ref _closeConnections, true);
            (start, done) = (RunNeedsLock(), _done.Task);
        }
        // Here and now, so that readiness is off when this returns, however busy the thread pool is.
        start?.RunSynchronously(TaskScheduler.Default);
        return done;
    }

    /// <summary>Ends the waits of the drain that runs; requests in flight still get answers and the last group is committed.</summary>
    /// <param name="reason">What asked, for people.</param>
    public void SkipWaits(string reason)
    {
        Log.WaitsSkipped(_logger, reason);
        lock (_lock)
        {
            _sequence.SkipWaits();
            _wake.TrySetResult();
        }
    }

    /// <summary>What a signal does: the first drains and exits, each further one skips the waits.</summary>
    /// <param name="name">The signal, for people.</param>
    public void OnSignal(string name)
    {
        if (Interlocked.Increment(ref _signals) == 1)
        {
            _ = RequestDrain(name, exitAfter: true);
        }
        else
        {
            SkipWaits(name);
        }
    }

    /// <summary>Takes the drain back, whatever phase it is in. Ends when the node serves again or it is clear that it will not.</summary>
    public Task<ResumeOutcome> ResumeAsync()
    {
        Task? start;
        Task<ResumeOutcome> resumed;
        lock (_lock)
        {
            if (_sequence.Resume() is { } outcome)
            {
                return Task.FromResult(outcome);
            }
            if (_resumed is null || _resumed.Task.IsCompleted)
            {
                _resumed = Completion<ResumeOutcome>();
            }
            (start, resumed) = (RunNeedsLock(), _resumed.Task);
        }
        start?.Start(TaskScheduler.Default);
        return resumed;
    }

    /// <summary>Waits for the drain that runs, if one does.</summary>
    public async ValueTask DisposeAsync()
    {
        Task run;
        lock (_lock)
        {
            run = _run;
        }
        await run;
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private static TaskCompletionSource<T> Completion<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The loop exists only while there is something to do; DisposeAsync awaits it. What is returned has to be started, outside of the lock.
    private Task<Task>? RunNeedsLock()
    {
        if (_held)
        {
            _runWanted = true;
            return null;
        }
        if (_running)
        {
            _wake.TrySetResult();
            return null;
        }
        _running = true;
        var start = new Task<Task>(RunAsync);
        _run = start.Unwrap();
        return start;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var (step, wait) = TakeStep();
            if (step == DrainStep.Rest)
            {
                return;
            }
            if (step != DrainStep.Wait)
            {
                await RunStepAsync(step);
            }
            else if (!wait.IsCompleted)
            {
                await Task.WhenAny(wait, Task.Delay(LookInterval, _time));
            }
        }
    }

    /// <summary>Asks what is next, notes a new phase, and ends the run when there is nothing left to do.</summary>
    /// <returns>The step, and what ends a wait early: over already when a phase was entered, which may have something to do.</returns>
    private (DrainStep Step, Task Wait) TakeStep()
    {
        var (inFlight, backlog) = _counts.Read();
        DrainStep step;
        Task wait;
        bool entered;
        lock (_lock)
        {
            var before = _sequence.Phase;
            step = _sequence.Next(Now, inFlight, backlog.Events);
            entered = _sequence.Phase != before;
            if (entered)
            {
                _history.Enter(_sequence.Phase);
            }
            if (step == DrainStep.Rest)
            {
                EndRunNeedsLock(backlog);
            }
            if (_wake.Task.IsCompleted)
            {
                _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            wait = entered ? Task.CompletedTask : _wake.Task;
        }
        if (entered)
        {
            _report.Entered(PhaseChanged, inFlight, backlog);
        }
        return (step, wait);
    }

    private void EndRunNeedsLock(DrainBacklog left)
    {
        _running = false;
        Volatile.Write(ref _closeConnections, _sequence.Phase == DrainPhase.Drained);
        _done.TrySetResult(new DrainReport(_sequence.Phase, left, _history.Failures, _history.Took));
        _resumed?.TrySetResult(ResumeOutcome.Resumed);
    }

    private async Task RunStepAsync(DrainStep step)
    {
        try
        {
            await _steps.RunAsync(step);
        }
        catch (Exception e)
        {
            // Whatever a step throws, the node must come to its end: it is killed otherwise, with nothing saved.
            Log.StepFailed(_logger, step, e);
            lock (_lock)
            {
                _history.Fail($"{step}: {e.Message}");
                if (_sequence.Failed())
                {
                    _resumed?.TrySetResult(ResumeOutcome.Failed);
                }
            }
        }
    }
}
