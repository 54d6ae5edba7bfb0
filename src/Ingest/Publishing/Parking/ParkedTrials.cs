using System.Collections.Concurrent;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Parking;

/// <summary>
/// Tries parked events beside the lane's batches: outside of its window and breaker, which judge the sink by what is not parked. Lane loop
/// only, but for the attempts.
/// </summary>
internal sealed class ParkedTrials(LaneContext context, ILaneHost host, LaneParking parking, CancellationToken abort)
{
    private const int InFlightMax = 4;

    private static readonly TimeSpan DeadLetterPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<ParkedTrial> _ended = new();
    private readonly ConcurrentQueue<(IReadOnlyList<ParkedEvent> Events, string Reason, Action? Then, string? Failure)> _stored = new();

    // Of what is stored only the rest is to be done.
    private readonly List<(IReadOnlyList<ParkedEvent> Events, string Reason, Action? Then, bool IsStored, TimeSpan Due)> _again = [];
    private int _storing;

    /// <summary>Attempts under way.</summary>
    internal int InFlight { get; private set; }

    /// <summary>The breaker's probe is under way.</summary>
    internal bool IsProbing { get; private set; }

    /// <summary>Attempts or moves to the dead letters are under way: the session does not end before.</summary>
    internal bool IsBusy => InFlight > 0 || _storing > 0;

    /// <summary>Something ended that was not looked at.</summary>
    internal bool HasEnded => !_ended.IsEmpty || !_stored.IsEmpty;

    /// <summary>When something is to be repeated.</summary>
    internal TimeSpan? NextDue => _again.Count > 0 ? _again.Min(one => one.Due) : null;

    /// <summary>Takes up what earlier runs had begun to move to the dead letters.</summary>
    internal void Open()
    {
        var doomed = parking.Events.All.Where(parked => parked.IsDoomed).ToList();
        foreach (var group in doomed.GroupBy(parked => parked.Reason))
        {
            Store([.. group], group.Key, then: null);
        }
    }

    /// <summary>Starts what is due, as far as the sink takes more than <paramref name="inFlight"/> batches.</summary>
    internal void Start(TimeSpan now, int inFlight)
    {
        var window = context.Sink.Traits.WindowMax;
        var most = Math.Min(window - inFlight, Math.Min(InFlightMax, Math.Max(window / 4, 1)));
        while (InFlight < most && parking.Scheduler.Next(now) is { } trial)
        {
            InFlight++;
            _ = TryAsync(trial);
        }
    }

    /// <summary>
    /// Starts one attempt through the breaker, as its probe, if any is due. For a lane that has nothing else to find out with whether the
    /// sink is back.
    /// </summary>
    internal void Probe(TimeSpan now)
    {
        if (InFlight == 0 && parking.Scheduler.Next(now) is { } trial)
        {
            InFlight++;
            IsProbing = true;
            host.Caller.SkipPause();
            _ = TryAsync(trial with { IsProbe = true });
        }
    }

    /// <summary>Takes up everything that ended. Returns what a probe was told; null where none ended.</summary>
    internal string? TakeEnded(TimeSpan now)
    {
        string? probed = null;
        while (_ended.TryDequeue(out var trial))
        {
            InFlight--;
            if (trial.IsProbe)
            {
                IsProbing = false;
                probed = trial.NotRead ?? AttemptSummary.Of(trial.Ended.Result, trial.Events.Count).Worst.Reason;
            }
            End(trial, now);
        }
        while (_stored.TryDequeue(out var stored))
        {
            _storing--;
            EndStore(stored, now);
        }
        foreach (var again in _again.Where(one => one.Due <= now).ToList())
        {
            _again.Remove(again);
            if (again.IsStored)
            {
                Resolve(again.Events, again.Reason, again.Then, now);
            }
            else
            {
                Store(again.Events, again.Reason, again.Then);
            }
        }
        return probed;
    }

    /// <summary>Moves parked events to the dead letters: noted, stored there, resolved here.</summary>
    internal void MoveToDeadLetters(IReadOnlyList<ParkedEvent> events, string reason, Action? then = null)
    {
        foreach (var parked in events)
        {
            (parked.IsDoomed, parked.Phase) = (true, ParkedPhase.Resolving);
        }
        parking.Note(ParkedKind.Doomed, events, reason, 0, () => Store(events, reason, then));
    }

    private void End(ParkedTrial trial, TimeSpan now)
    {
        if (trial.Ended.Replacement is not { } left)
        {
            trial.Batch?.Dispose();
        }
        else
        {
            left.Dispose();
        }
        var wasAborted = abort.IsCancellationRequested;
        var delivered = new List<ParkedEvent>();
        var rejected = new List<(ParkedEvent Event, string Reason)>();
        var failed = new List<(ParkedEvent Event, SinkVerdict Verdict)>();
        for (var i = 0; i < trial.Events.Count; i++)
        {
            var verdict = trial.NotRead is { } reason ? new SinkVerdict(VerdictKind.Retryable, reason, Scope: VerdictScope.Event)
                : trial.Ended.Result[i];
            switch (verdict.Kind)
            {
                case VerdictKind.Delivered:
                    delivered.Add(trial.Events[i]);
                    break;
                case VerdictKind.Rejected:
                    rejected.Add((trial.Events[i], verdict.Reason));
                    break;
                default:
                    failed.Add((trial.Events[i], wasAborted ? verdict with { Scope = VerdictScope.NotTried } : verdict));
                    break;
            }
        }
        var given = parking.Scheduler.Ended(trial, failed, delivered.Count + rejected.Count, now);
        if (delivered.Count > 0)
        {
            parking.Resolve(ParkedKind.Delivered, delivered);
        }
        foreach (var group in rejected.GroupBy(one => one.Reason, one => one.Event))
        {
            MoveToDeadLetters([.. group], group.Key);
        }
        foreach (var parked in given)
        {
            MoveToDeadLetters([parked], $"given up after {parked.Attempts} attempts: {parked.Reason}");
        }
        NoteFailure(failed, given);
    }

    private void NoteFailure(List<(ParkedEvent Event, SinkVerdict Verdict)> failed, List<ParkedEvent> given)
    {
        if (failed.Count == 1 && failed[0].Verdict.Scope != VerdictScope.NotTried && !given.Contains(failed[0].Event))
        {
            var parked = failed[0].Event;
            Log.ParkedFailed(context.Logger, context.Name, parked.Sequence, parked.Attempts, parked.Reason);
            parking.Note(ParkedKind.Tried, [parked], parked.Reason, parked.Attempts);
        }
    }

    // Never throws; hands the trial back whatever happens.
    private async Task TryAsync(ParkedTrial trial)
    {
        var start = context.Time.GetTimestamp();
        try
        {
            var batch = await Task.Run(() => Read(trial.Events));
            trial.Batch = batch;
            var timeout = context.Sink.Traits.AttemptTimeout ?? context.Options.ProbeTimeout;
            trial.Ended = trial.IsProbe ? await host.Caller.SendAsync(context.Sink, batch, timeout, abort)
                : await host.Caller.SendApartAsync(context.Sink, batch, timeout, abort);
            var worst = AttemptSummary.Of(trial.Ended.Result, batch.Count).Worst.Kind;
            context.Attempts.Add(context.Name, context.Kind, worst, context.Time.GetElapsedTime(start), context.Instruments);
        }
        catch (Exception e)
        {
            trial.NotRead = e.Message;
        }
        _ended.Enqueue(trial);
        host.Signal.Set();
    }

    private EventBatch Read(IReadOnlyList<ParkedEvent> events) =>
        parking.ParkedLog.Read([.. events.Select(parked => (parked.Sequence, parked.Position))]);

    private void Store(IReadOnlyList<ParkedEvent> events, string reason, Action? then)
    {
        foreach (var parked in events)
        {
            parked.Phase = ParkedPhase.Resolving;
        }
        _storing++;
        _ = StoreAsync(events, reason, then);
    }

    private async Task StoreAsync(IReadOnlyList<ParkedEvent> events, string reason, Action? then)
    {
        string? failure = null;
        try
        {
            using var batch = await Task.Run(() => Read(events));
            var now = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
            await context.DeadLetters.StoreAsync(
                context.Name,
                [.. events.Select((parked, i) => new RejectedEvent(
                    parked.Sequence, batch[i].Body, reason, Math.Max(parked.Attempts, 1), parked.FirstUnixMs, now, !parked.IsCounted))],
                CancellationToken.None);
        }
        catch (Exception e)
        {
            failure = e.Message;
        }
        _stored.Enqueue((events, reason, then, failure));
        host.Signal.Set();
    }

    private void EndStore(
        (IReadOnlyList<ParkedEvent> Events, string Reason, Action? Then, string? Failure) stored, TimeSpan now)
    {
        if (stored.Failure is { } failure)
        {
            Log.DeadLettersFailed(context.Logger, context.Name, failure);
            _again.Add((stored.Events, stored.Reason, stored.Then, IsStored: false, now + DeadLetterPause));
            return;
        }
        Log.DeadLettered(context.Logger, context.Name, stored.Events.Count, stored.Reason);
        Resolve(stored.Events, stored.Reason, stored.Then, now);
    }

    // They are stored.
    private void Resolve(IReadOnlyList<ParkedEvent> events, string reason, Action? then, TimeSpan now)
    {
        if (!parking.TryKeepLetters())
        {
            _again.Add((events, reason, then, IsStored: true, now + DeadLetterPause));
            return;
        }
        parking.Resolve(ParkedKind.DeadLettered, events, reason, then);
    }
}
