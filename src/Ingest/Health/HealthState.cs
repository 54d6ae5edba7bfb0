namespace Ingest.Health;

/// <summary>
/// What probes are answered: bytes made beforehand, from the last look at the node and from what the gate says this moment. Asking costs
/// a few reads and the clock. When the last look was too long ago the answer is failing: what is not known is not good.
/// </summary>
public sealed class HealthState
{
    private static readonly HealthReason[] Stale =
        [new("sample_stale", "The node has not been looked at for too long; the process hangs or starves.")];

    private static readonly Answers StaleAnswers =
        new([], HealthJson.Short("not_live", Stale), HealthJson.Short("not_ready", Stale), HealthJson.Short("not_live", Stale));

    private readonly AdmissionGate _gate;
    private readonly TimeProvider _time;
    private readonly long _staleAfter;
    private readonly Lock _lock = new();

    // Under the lock.
    private HealthSample _sample = new();
    private bool _looked;

    // Written under the lock, read by any thread with Volatile.
    private Answers _answers = StaleAnswers;
    private long _sampled;

    /// <summary>Nothing is known yet, so the node counts as live and, by the gate, as starting.</summary>
    /// <param name="gate">Every change of it changes the answers at once.</param>
    /// <param name="options">How old a sample may be.</param>
    /// <param name="time">The clock.</param>
    public HealthState(AdmissionGate gate, HealthOptions options, TimeProvider time)
    {
        (_gate, _time) = (gate, time);
        _staleAfter = (long)(options.StaleAfter.TotalSeconds * time.TimestampFrequency);
        Publish(_sample);
        _looked = false;
        gate.Changed += Refresh;
    }

    /// <summary>Whether the process works at all. Never about memory, a sink or the disk's free space.</summary>
    public HealthAnswer Live => Current.Live;

    /// <summary>Whether the node accepts events.</summary>
    public HealthAnswer Ready => Current.Ready;

    /// <summary>Both, with the figures behind them.</summary>
    public HealthAnswer Detail => Current.Detail;

    /// <summary>The last look at the node; null before the first. Any thread.</summary>
    internal HealthSample? Sample
    {
        get
        {
            lock (_lock)
            {
                return _looked ? _sample : null;
            }
        }
    }

    /// <summary>Makes the answers anew from the last sample and the gate. Any thread.</summary>
    public void Refresh()
    {
        lock (_lock)
        {
            MakeNeedsLock();
        }
    }

    /// <summary>Takes a new sample.</summary>
    internal void Publish(HealthSample sample)
    {
        lock (_lock)
        {
            _sample = sample;
            _looked = true;
            Volatile.Write(ref _sampled, _time.GetTimestamp());
            MakeNeedsLock();
        }
    }

    private Answers Current
    {
        get
        {
            if (_time.GetTimestamp() - Volatile.Read(ref _sampled) > _staleAfter)
            {
                return StaleAnswers;
            }
            // The caller that changed the gate makes the answers anew, but may not have come to it yet, while events are refused already.
            if (!ReferenceEquals(Volatile.Read(ref _answers).Reasons, _gate.Reasons))
            {
                Refresh();
            }
            return Volatile.Read(ref _answers);
        }
    }

    private void MakeNeedsLock()
    {
        var reasons = _gate.Reasons;
        var notLive = _sample.NotLive;
        HealthReason[] notReady =
        [
            .. notLive,
            .. reasons.Select(refusal => new HealthReason(refusal.Code.Text(), refusal.Detail))
                .Where(reason => !notLive.Any(known => known.Code == reason.Code)),
        ];
        var ready = notReady.Length == 0 ? "ready" : "not_ready";
        Volatile.Write(ref _answers, new Answers(
            reasons,
            HealthJson.Short(notLive.Count == 0 ? "live" : "not_live", notLive),
            HealthJson.Short(ready, notReady),
            HealthJson.Detail(notLive.Count == 0 ? ready : "not_live", notReady, _sample)));
    }

    private sealed record Answers(IReadOnlyList<Refusal> Reasons, HealthAnswer Live, HealthAnswer Ready, HealthAnswer Detail);
}
