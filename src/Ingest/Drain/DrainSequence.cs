namespace Ingest.Drain;

/// <summary>
/// The one order in which a node stops, and back, as a decider: it reads no clock and does nothing itself. The caller carries out the step
/// it is given, whole, before it asks for the next one.
/// </summary>
internal sealed class DrainSequence(DrainOptions options)
{
    private readonly DrainOptions _options = options;

    private bool _requested;
    private bool _resume;
    private bool _exitTold;
    private bool _again;
    private TimeSpan _phaseStart;
    private TimeSpan _deadline;
    private TimeSpan _deliverUntil;

    // The deepest phase whose step was given and not undone, and what it was before the last undoing step, should that one fail.
    private DrainPhase _reached;
    private DrainPhase _reachedBefore;

    internal DrainPhase Phase { get; private set; }

    internal string Reason { get; private set; } = "";

    internal bool ExitAfter { get; private set; }

    internal bool WaitsSkipped { get; private set; }

    /// <summary>A drain is asked for that has not begun, because the one before is being taken back.</summary>
    internal bool Requested => _requested;

    /// <summary>Asks for a drain, or joins the one that runs: that can add the exit and shorten the deadline, never the opposite.</summary>
    internal void Request(TimeSpan now, string reason, bool exitAfter, TimeSpan? deadline)
    {
        var limit = deadline ?? _options.Deadline;
        if (Phase is DrainPhase.Serving or DrainPhase.Resuming && !_requested)
        {
            (_requested, Reason, _deadline, WaitsSkipped, ExitAfter) = (true, reason, limit, false, false);
        }
        _resume = false;
        _deadline = limit < _deadline ? limit : _deadline;
        if (Phase == DrainPhase.Delivering && now + limit < _deliverUntil)
        {
            _deliverUntil = now + limit;
        }
        if (exitAfter && !ExitAfter)
        {
            (ExitAfter, Reason) = (true, reason);
        }
    }

    /// <summary>Ends the balancer's delay and the wait for delivery. Requests finish, the last group is committed.</summary>
    internal void SkipWaits() => WaitsSkipped |= Draining;

    /// <summary>Asks to take the drain back. Null: it will be, after the step that runs now.</summary>
    internal ResumeOutcome? Resume()
    {
        if (!Draining)
        {
            return ResumeOutcome.NotDraining;
        }
        if (ExitAfter)
        {
            return ResumeOutcome.Exiting;
        }
        // A drain that has not begun is simply forgotten.
        _requested = false;
        _resume = Phase is not (DrainPhase.Serving or DrainPhase.Resuming);
        return null;
    }

    /// <summary>What the current phase may still take, or null where nothing limits it.</summary>
    internal TimeSpan? Remaining(TimeSpan now)
    {
        TimeSpan? until = Phase switch
        {
            DrainPhase.BalancerDelay => _phaseStart + _options.BalancerDelay,
            DrainPhase.Finishing => _phaseStart + _options.RequestsDeadline,
            DrainPhase.Delivering => _deliverUntil,
            _ => null,
        };
        return until - now < TimeSpan.Zero ? TimeSpan.Zero : until - now;
    }

    /// <summary>The next step, given that the one before is done.</summary>
    /// <param name="now">Monotonic.</param>
    /// <param name="inFlight">Requests let in and not answered.</param>
    /// <param name="pending">Events still to be delivered.</param>
    internal DrainStep Next(TimeSpan now, int inFlight, long pending)
    {
        if (_resume)
        {
            _resume = false;
            Enter(DrainPhase.Resuming, now);
        }
        if (_again)
        {
            (_again, _requested) = (false, false);
            return Enter(DrainPhase.BalancerDelay, now - _options.BalancerDelay, DrainStep.Announce);
        }
        return Phase switch
        {
            DrainPhase.Serving => _requested ? Begin(now) : Rest(),
            DrainPhase.BalancerDelay => Over(now) || WaitsSkipped ? Enter(DrainPhase.Refusing, now, DrainStep.Refuse) : DrainStep.Wait,
            DrainPhase.Refusing => Enter(DrainPhase.Finishing, now, DrainStep.Wait),
            DrainPhase.Finishing => inFlight == 0 || Over(now) ? Enter(DrainPhase.Committing, now, DrainStep.Commit) : DrainStep.Wait,
            DrainPhase.Committing => Deliver(now),
            DrainPhase.Delivering =>
                pending == 0 || Over(now) || WaitsSkipped ? Enter(DrainPhase.Saving, now, DrainStep.Save) : DrainStep.Wait,
            DrainPhase.Saving => Enter(DrainPhase.Drained, now, DrainStep.Wait),
            DrainPhase.Drained => ExitAfter && !_exitTold ? Exit() : DrainStep.Rest,
            _ => Undo(now),
        };
    }

    /// <summary>
    /// The step given last failed. Going forward that changes nothing. A drain that cannot be taken back is gone through once more, but for
    /// the balancer's delay, so that everything is saved again. True: the drain was being taken back.
    /// </summary>
    internal bool Failed()
    {
        if (Phase != DrainPhase.Resuming)
        {
            return false;
        }
        (_again, _reached) = (true, _reachedBefore);
        return true;
    }

    private bool Draining => Phase != DrainPhase.Serving || _requested;

    private bool Over(TimeSpan now) => Remaining(now) == TimeSpan.Zero;

    private DrainStep Begin(TimeSpan now)
    {
        _requested = false;
        return Enter(DrainPhase.BalancerDelay, now, DrainStep.Announce);
    }

    private DrainStep Rest()
    {
        (Reason, WaitsSkipped) = ("", false);
        return DrainStep.Rest;
    }

    private DrainStep Deliver(TimeSpan now)
    {
        _deliverUntil = now + _deadline;
        return Enter(DrainPhase.Delivering, now, DrainStep.Hurry);
    }

    private DrainStep Exit()
    {
        _exitTold = true;
        return DrainStep.Exit;
    }

    // Each call undoes one phase; phases whose step was never given have nothing to undo.
    private DrainStep Undo(TimeSpan now)
    {
        _reachedBefore = _reached;
        (_reached, var step) = _reached switch
        {
            DrainPhase.Drained or DrainPhase.Saving or DrainPhase.Delivering => (DrainPhase.Committing, DrainStep.ResumeDelivery),
            DrainPhase.Committing => (DrainPhase.Finishing, DrainStep.ReopenQueue),
            DrainPhase.Finishing or DrainPhase.Refusing => (DrainPhase.BalancerDelay, DrainStep.Accept),
            DrainPhase.BalancerDelay => (DrainPhase.Serving, DrainStep.Withdraw),
            _ => (DrainPhase.Serving, DrainStep.Wait),
        };
        return step == DrainStep.Wait ? Enter(DrainPhase.Serving, now) : step;
    }

    private DrainStep Enter(DrainPhase phase, TimeSpan now, DrainStep step = DrainStep.Wait)
    {
        (Phase, _phaseStart) = (phase, now);
        if (phase != DrainPhase.Resuming && phase > _reached)
        {
            _reached = phase;
        }
        return step;
    }
}
