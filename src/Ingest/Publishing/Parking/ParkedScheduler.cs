using Ingest.Publishing.Breaker;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Parking;

/// <summary>Decides which parked events are tried next, and when. Pure: time is passed in. Lane loop only.</summary>
/// <remarks>
/// A batch of parked events is of one stream. Events parked together are halved with each failure until the one to blame fails alone; it
/// then waits with a backoff of its own, and only the later events of its key wait with it. When several different events of a stream fail
/// alone in a row, or the sink says that the stream is to blame, the stream waits as a whole: its first events are tried with the stream's
/// backoff, and every other time an event further back, so that one event cannot hold its stream. A sink that keeps a position per stream
/// gets a stream's events in order only.
/// </remarks>
internal sealed class ParkedScheduler(ParkedEvents events, PublishingOptions options, SinkTraits traits, Random random)
{
    // Different events of a stream that fail alone in a row before the whole stream waits.
    private const int StreamFailuresMax = 3;

    // Failures in a row, whatever was tried, before the lane waits between attempts: enough to halve a large batch.
    private const int QuickFailuresMax = 32;

    // How far behind the first event of a held stream another one is looked for.
    private const int RotationMax = 1000;

    private readonly Backoff _backoff = new(options.ParkedBackoffMin, options.ParkedBackoffMax, random);
    private readonly Backoff _pause = new(options.BackoffMin, options.BackoffMax, random);
    private int _failuresInRow;
    private TimeSpan _pausedUntil;

    // Nothing is due before; zero after any change.
    private TimeSpan _nextLook;
    private string _lastStream = "";

    /// <summary>When to look again; null when nothing waits.</summary>
    internal TimeSpan? NextDue => _nextLook < TimeSpan.MaxValue ? Max(_nextLook, _pausedUntil) : null;

    /// <summary>Events came, went or became due.</summary>
    internal void Changed() => _nextLook = TimeSpan.Zero;

    /// <summary>The sink took something: no reason to wait between attempts.</summary>
    internal void Succeeded() => (_failuresInRow, _pausedUntil) = (0, TimeSpan.Zero);

    /// <summary>Makes everything due.</summary>
    internal void SkipWaits(Func<ParkedEvent, bool>? which = null)
    {
        foreach (var parked in events.All.Where(parked => which?.Invoke(parked) ?? true))
        {
            parked.Due = TimeSpan.Zero;
            events.Stream(parked.Stream)!.Due = TimeSpan.Zero;
        }
        (_pausedUntil, _nextLook) = (TimeSpan.Zero, TimeSpan.Zero);
    }

    /// <summary>Takes the next events to try out; null when none are due. They are on trial from here on.</summary>
    internal ParkedTrial? Next(TimeSpan now)
    {
        if (now < _nextLook || now < _pausedUntil)
        {
            return null;
        }
        var next = TimeSpan.MaxValue;
        foreach (var stream in InTurn())
        {
            var trial = stream.IsHeld ? NextOfHeld(stream, now, ref next) : NextOfOpen(stream, now, ref next);
            if (trial is null)
            {
                continue;
            }
            _lastStream = stream.Name;
            stream.IsOnTrial |= stream.IsHeld;
            foreach (var parked in trial.Events)
            {
                parked.Phase = ParkedPhase.OnTrial;
            }
            return trial;
        }
        _nextLook = next;
        return null;
    }

    /// <summary>
    /// What an attempt came to, for the events it did not settle. Returns those that reached the attempt limit and go to the dead letters.
    /// </summary>
    /// <param name="trial">The attempt.</param>
    /// <param name="failed">Events that failed, with their verdicts, in order.</param>
    /// <param name="delivered">How many were delivered.</param>
    /// <param name="now">Now.</param>
    internal List<ParkedEvent> Ended(
        ParkedTrial trial, IReadOnlyList<(ParkedEvent Event, SinkVerdict Verdict)> failed, int delivered, TimeSpan now)
    {
        Changed();
        var stream = events.Stream(trial.Stream);
        foreach (var (parked, _) in failed)
        {
            parked.Phase = ParkedPhase.Waiting;
        }
        if (delivered > 0)
        {
            Succeeded();
        }
        if (stream is not null)
        {
            stream.IsOnTrial = false;
            stream.FailedInRow = delivered > 0 ? 0 : stream.FailedInRow;
        }
        var blamed = failed.Where(one => one.Verdict.Scope != VerdictScope.NotTried).ToList();
        if (stream is null || failed.Count == 0)
        {
            if (stream is { IsHeld: true })
            {
                EndHeld(stream, trial, blamed, delivered, now);
            }
            return [];
        }
        if (delivered == 0 && ++_failuresInRow > QuickFailuresMax)
        {
            _pausedUntil = Max(_pausedUntil, now + _pause.After(_failuresInRow - QuickFailuresMax));
        }
        if (blamed.Count == 0)
        {
            // Not tried: what failed before it is tried again first.
            Delay(stream, failed.Select(one => one.Event), now + options.BackoffMin);
            return [];
        }
        if (stream.IsHeld)
        {
            EndHeld(stream, trial, blamed, delivered, now);
        }
        else
        {
            EndOpen(stream, blamed, now);
        }
        var most = options.ParkedAttemptsMax > 0 ? options.ParkedAttemptsMax : int.MaxValue;
        return [.. blamed.Select(one => one.Event).Where(parked => parked.Attempts >= most)];
    }

    private IEnumerable<ParkedStream> InTurn()
    {
        var streams = events.Streams.ToList();
        var start = streams.FindIndex(stream => stream.Name == _lastStream) + 1;
        for (var i = 0; i < streams.Count; i++)
        {
            yield return streams[(start + i) % streams.Count];
        }
    }

    private ParkedTrial? NextOfHeld(ParkedStream stream, TimeSpan now, ref TimeSpan next)
    {
        if (stream.IsOnTrial)
        {
            return null;
        }
        if (stream.Due > now)
        {
            next = Min(next, stream.Due);
            return null;
        }
        if (traits.AcceptsOutOfOrder && stream.Failures % 2 == 1 && Further(stream) is { } further)
        {
            stream.Rotated = further.Sequence;
            return new ParkedTrial(stream.Name, [further], IsOutOfTurn: true);
        }
        var picked = new List<ParkedEvent>();
        var bytes = 0L;
        foreach (var parked in stream.Events.Values)
        {
            if (parked.Phase != ParkedPhase.Waiting || !Fits(picked.Count, bytes, parked, stream.TrialMax))
            {
                break;
            }
            picked.Add(parked);
            bytes += parked.Bytes;
        }
        return picked.Count > 0 ? new ParkedTrial(stream.Name, picked, IsOutOfTurn: false) : null;
    }

    // The next event behind the one tried last whose key no earlier one of the stream has.
    private static ParkedEvent? Further(ParkedStream stream)
    {
        var keys = new HashSet<ulong>();
        ParkedEvent? first = null;
        foreach (var parked in stream.Events.Values.Take(RotationMax))
        {
            var isFree = parked.Key == 0 || keys.Add(parked.Key);
            if (parked.Phase != ParkedPhase.Waiting || !isFree || parked == stream.Events.Values.First())
            {
                continue;
            }
            if (parked.Sequence > stream.Rotated)
            {
                return parked;
            }
            first ??= parked;
        }
        return first;
    }

    private ParkedTrial? NextOfOpen(ParkedStream stream, TimeSpan now, ref TimeSpan next)
    {
        var picked = new List<ParkedEvent>();
        var keys = new HashSet<ulong>();
        var bytes = 0L;
        foreach (var parked in stream.Events.Values)
        {
            var isFirst = events.IsFirstOfKey(parked) || keys.Contains(parked.Key);
            if (parked.Phase == ParkedPhase.Waiting && isFirst && parked.Due > now)
            {
                next = Min(next, parked.Due);
            }
            else if (parked.Phase == ParkedPhase.Waiting && isFirst
                && (picked.Count == 0 || picked[0].TrialMax == parked.TrialMax)
                && Fits(picked.Count, bytes, parked, parked.TrialMax))
            {
                picked.Add(parked);
                bytes += parked.Bytes;
                keys.Add(parked.Key);
                continue;
            }
            // Later ones of its key go after it.
            keys.Remove(parked.Key);
            if (picked.Count > 0 && picked.Count >= Math.Min(picked[0].TrialMax, traits.EventsMaxOutOfTurn))
            {
                break;
            }
        }
        return picked.Count > 0 ? new ParkedTrial(stream.Name, picked, IsOutOfTurn: false) : null;
    }

    private bool Fits(int count, long bytes, ParkedEvent parked, int trialMax) =>
        count == 0 || (count < trialMax && count < traits.EventsMaxOutOfTurn && bytes + parked.Bytes <= traits.BatchBytesMax);

    private void EndHeld(
        ParkedStream stream, ParkedTrial trial, List<(ParkedEvent Event, SinkVerdict Verdict)> blamed, int delivered, TimeSpan now)
    {
        if (trial.IsOutOfTurn && delivered > 0)
        {
            // Another event goes, so the first one is to blame and not the stream.
            events.Release(stream);
            var first = stream.Events.Values.First();
            foreach (var parked in stream.Events.Values)
            {
                (parked.Due, parked.TrialMax) = (TimeSpan.Zero, int.MaxValue);
            }
            (first.Due, first.TrialMax) = (now + _backoff.After(Math.Max(first.Failures, 1)), 1);
            return;
        }
        if (blamed.Count == 0)
        {
            stream.Failures = 0;
            stream.TrialMax = Math.Min(stream.TrialMax * 4, traits.EventsMaxOutOfTurn);
            stream.Due = TimeSpan.Zero;
            return;
        }
        var (event0, verdict) = blamed[0];
        events.Fail(event0, verdict.Reason);
        stream.Failures = delivered > 0 ? 1 : stream.Failures + 1;
        stream.TrialMax = 1;
        stream.Due = Later(now, _backoff.After(stream.Failures), verdict);
    }

    private void EndOpen(ParkedStream stream, List<(ParkedEvent Event, SinkVerdict Verdict)> blamed, TimeSpan now)
    {
        if (blamed.Count > 1)
        {
            foreach (var (parked, _) in blamed)
            {
                (parked.TrialMax, parked.Due) = ((blamed.Count + 1) / 2, TimeSpan.Zero);
            }
            return;
        }
        var (alone, verdict) = blamed[0];
        events.Fail(alone, verdict.Reason);
        (alone.TrialMax, alone.Due) = (1, Later(now, _backoff.After(alone.Failures), verdict));
        stream.FailedInRow += alone.Failures == 1 ? 1 : 0;
        if (verdict.Scope == VerdictScope.Stream || stream.FailedInRow >= StreamFailuresMax)
        {
            events.Hold(stream);
            stream.Due = alone.Due;
        }
    }

    private static void Delay(ParkedStream stream, IEnumerable<ParkedEvent> notTried, TimeSpan due)
    {
        stream.Due = due;
        foreach (var parked in notTried)
        {
            parked.Due = due;
        }
    }

    private TimeSpan Later(TimeSpan now, TimeSpan wait, in SinkVerdict verdict)
    {
        var asked = verdict.RetryAfter ?? TimeSpan.Zero;
        return now + Max(wait, Min(asked, options.RetryAfterMax));
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
