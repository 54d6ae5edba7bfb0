namespace Ingest.Health.Advice;

/// <summary>What the waits are measured from.</summary>
/// <param name="Commits">The queue: what waits and what was done.</param>
/// <param name="CommitStill">How long commits have stood still.</param>
/// <param name="Log">The backlog and how far delivery is.</param>
/// <param name="Dwell">The least time a state of memory or disk lasts.</param>
/// <param name="DrainLeft">How long a running drain may take at most.</param>
internal readonly record struct AdviceInputs(
    CommitHeartbeat Commits, TimeSpan CommitStill, LogHealth? Log, TimeSpan Dwell, TimeSpan DrainLeft);

/// <summary>Turns measured speeds into waits, one per reason to refuse: when will it have gone, if things go on as they do?</summary>
internal sealed class AdviceEstimate
{
    // A log over its limit accepts again at this share of it.
    private const double ResumeShare = 0.9;

    // Restarting is a matter of a second or two; this one is not measured.
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(3);

    private readonly FlowRate _commits = new(TimeSpan.FromSeconds(5));
    private readonly FlowRate _settled = new(TimeSpan.FromSeconds(15));

    /// <summary>Events all lanes settle per second.</summary>
    internal double SettledPerSecond => _settled.PerSecond;

    /// <param name="now">Monotonic.</param>
    /// <param name="inputs">The sample.</param>
    internal void Observe(TimeSpan now, AdviceInputs inputs)
    {
        _commits.Observe(now, inputs.Commits.Done);
        if (inputs.Log is { } log)
        {
            _settled.Observe(now, log.Settled);
        }
    }

    internal double Seconds(RefusalCode code, AdviceInputs inputs) => code switch
    {
        RefusalCode.Overloaded => Math.Max(inputs.CommitStill.TotalSeconds, Finite(_commits.SecondsFor(inputs.Commits.Waiting))),
        RefusalCode.DiskPressure => Math.Max(inputs.Dwell.TotalSeconds, _settled.SecondsFor(Excess(inputs.Log))),
        RefusalCode.MemoryPressure => inputs.Dwell.TotalSeconds,
        RefusalCode.Draining => (inputs.DrainLeft + Restart).TotalSeconds,
        RefusalCode.LogFailed or RefusalCode.Starting => Restart.TotalSeconds,
        RefusalCode.PolicyRefused => double.PositiveInfinity,
        _ => 1,
    };

    // A queue that has never committed says nothing about how fast it could.
    private static double Finite(double seconds) => double.IsFinite(seconds) ? seconds : 1;

    // The part of the backlog, in events, that has to go before the log is back at its lower mark.
    private static double Excess(LogHealth? health) =>
        health is { Bytes: > 0 } log ? log.Pending * Math.Max(0, log.Bytes - (ResumeShare * log.BytesMax)) / log.Bytes : 0;
}
