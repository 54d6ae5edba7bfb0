namespace Ingest.Publishing.Breaker;

/// <summary>
/// How long a lane waits after failures: one step up per round of attempts, back to nothing with a success. Pure; time is passed in.
/// </summary>
internal sealed class LaneBackoff(PublishingOptions options, Random random)
{
    private readonly Backoff _backoff = new(options.BackoffMin, options.BackoffMax, random);
    private readonly Backoff _blockedBackoff = new(options.BlockedMin, options.BlockedMax, random);
    private readonly Backoff _drainBackoff = new(options.BackoffMin, TimeSpan.FromSeconds(1), random);
    private int _failures;
    private int _blocks;

    // Failures of attempts dispatched up to this number belong to a step that was taken already.
    private long _failedUpTo;

    /// <summary>True while draining: waits stay short, because there is a deadline.</summary>
    internal bool IsDraining { get; set; }

    /// <summary>Nothing is sent before, because of failures.</summary>
    internal TimeSpan PausedUntil { get; private set; }

    /// <summary>What the sink asked for.</summary>
    internal AskedWait Asked { get; } = new();

    /// <summary>Nothing is sent before, whatever the reason, but for what finds out about it.</summary>
    internal TimeSpan WaitsUntil => Max(PausedUntil, Asked.Until);

    /// <summary>A blocked or failed sink is not opened before.</summary>
    internal TimeSpan OpenDue { get; private set; }

    /// <summary>An attempt failed. Returns when its delivery may go again.</summary>
    /// <param name="attempt">Which attempt of the delivery it was, from 1.</param>
    /// <param name="number">Its dispatch number.</param>
    /// <param name="lastNumber">The last dispatch number given.</param>
    /// <param name="retryAfter">What the sink asked for.</param>
    /// <param name="now">On the lane's clock.</param>
    /// <param name="pausesLane">False: only this delivery waits, for nothing says that others would fail too.</param>
    internal TimeSpan Failed(int attempt, long number, long lastNumber, TimeSpan? retryAfter, TimeSpan now, bool pausesLane = true)
    {
        var asked = retryAfter is not { } wanted ? TimeSpan.Zero
            : IsDraining ? Min(wanted, TimeSpan.FromSeconds(1))
            : Min(wanted, options.RetryAfterMax);
        if (!pausesLane)
        {
            return now + Max(After(attempt), asked);
        }
        if (number > _failedUpTo)
        {
            (_failures, _failedUpTo) = (_failures + 1, lastNumber);
            PausedUntil = Max(PausedUntil, now + After(_failures));
        }
        if (asked > TimeSpan.Zero)
        {
            Asked.Asked(now + asked, lastNumber, now);
        }
        return now + Max(After(attempt), asked);
    }

    /// <summary>Something was delivered.</summary>
    /// <param name="number">The attempt's dispatch number.</param>
    internal void Succeeded(long number)
    {
        (_failures, _blocks) = (0, 0);
        Asked.Delivered(number);
    }

    /// <summary>The sink said that something is misconfigured. Returns the wait before it is opened again.</summary>
    internal TimeSpan Blocked(TimeSpan now)
    {
        var pause = _blockedBackoff.After(++_blocks);
        OpenDue = now + pause;
        return pause;
    }

    /// <summary>The sink could not be opened for a reason that may pass. Returns the wait before it is opened again.</summary>
    internal TimeSpan NotOpened(TimeSpan now)
    {
        var pause = After(++_failures);
        OpenDue = now + pause;
        return pause;
    }

    /// <summary>Ends every wait.</summary>
    internal void SkipWaits()
    {
        (PausedUntil, OpenDue) = (TimeSpan.Zero, TimeSpan.Zero);
        Asked.End();
    }

    private TimeSpan After(int failures) => (IsDraining ? _drainBackoff : _backoff).After(failures);

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
