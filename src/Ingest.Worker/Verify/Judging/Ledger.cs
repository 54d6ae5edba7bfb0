using System.Globalization;

namespace Ingest.Worker.Verify.Judging;

/// <summary>
/// Holds what producers were told against what the sink has. First the journal is entered, then arrivals in the order of the sink; one
/// thread.
/// </summary>
internal sealed class Ledger
{
    /// <summary>The highest number of a key.</summary>
    internal const int KeysMax = 1_000_000;

    /// <summary>The highest number of an event within its key.</summary>
    internal const int NumberMax = 1_000_000_000;

    private readonly List<KeyLedger> _keys = [];
    private readonly Offenders _offenders = new();
    private long _foreign;

    /// <summary>Events that were answered with 202 and have not arrived.</summary>
    internal long Missing { get; private set; }

    /// <summary>Arrivals of the run's events so far, repeats included.</summary>
    internal long Arrivals { get; private set; }

    /// <summary>Whether anything was sent.</summary>
    internal bool IsEmpty => _keys.All(key => key.Last == 0);

    /// <summary>The highest number that was sent of a key; 0: none.</summary>
    internal long LastOf(int key) => key < _keys.Count ? _keys[key].Last : 0;

    /// <summary>Enters that events were about to be sent.</summary>
    internal void Send(int key, long first, int count)
    {
        var events = Of(key);
        for (var number = first; number < first + count; number++)
        {
            // An attempt before this one that has no answer was the last of a sender that was killed.
            var state = events[number];
            state |= state.HasFlag(EventState.Open) ? EventState.Maybe : EventState.None;
            events[number] = state | EventState.Sent | EventState.Open;
        }
    }

    /// <summary>Enters what an attempt was answered with.</summary>
    internal void Answer(int key, long first, int count, Outcome outcome)
    {
        var events = Of(key);
        for (var number = first; number < first + count; number++)
        {
            var state = events[number];
            Missing += outcome == Outcome.Accepted && !state.HasFlag(EventState.Acknowledged) ? 1 : 0;
            events[number] = (state & ~EventState.Open) | outcome switch
            {
                Outcome.Accepted => EventState.Acknowledged,
                Outcome.Unknown => EventState.Maybe,
                _ => EventState.None,
            };
        }
    }

    /// <summary>Enters an event of the run that is in the sink.</summary>
    /// <param name="key">The number of its key.</param>
    /// <param name="number">Its number within the key.</param>
    /// <param name="place">Where it is in the sink, for people.</param>
    internal void Arrive(int key, long number, string place)
    {
        Arrivals++;
        var events = key < _keys.Count ? _keys[key] : null;
        var state = events?[number] ?? EventState.None;
        if (state.HasFlag(EventState.Arrived))
        {
            _offenders.Add(Finding.Duplicated, () => $"{Name(key, number)} again in {place}");
            return;
        }
        if (events is null || state == EventState.None)
        {
            _offenders.Add(Finding.Unexpected, () => $"{Name(key, number)} in {place} was never sent");
            return;
        }
        events[number] = state | EventState.Arrived;
        if (state.HasFlag(EventState.Acknowledged))
        {
            Missing--;
            JudgeOrder(events, key, number, place);
        }
        else if (!IsUnknown(state))
        {
            _offenders.Add(Finding.Unexpected, () => $"{Name(key, number)} in {place} was refused");
        }
    }

    /// <summary>Enters that the sink has something of the run that is not as it was sent.</summary>
    internal void Alter(string place, string begin)
    {
        Arrivals++;
        _offenders.Add(Finding.Unexpected, () => $"not as it was sent, in {place}: {begin}");
    }

    /// <summary>Enters something that is not the run's.</summary>
    internal void PassOver() => _foreign++;

    /// <summary>The verdict over what was entered.</summary>
    internal VerifyReport Judge(string run, double seconds)
    {
        var counts = new Counts();
        for (var key = 0; key < _keys.Count; key++)
        {
            for (var number = 1L; number <= _keys[key].Last; number++)
            {
                Count(counts, key, number, _keys[key][number]);
            }
        }
        return new VerifyReport(
            run,
            counts.Sent,
            counts.Acknowledged,
            counts.Refused,
            counts.Unknown,
            counts.Arrived,
            counts.Recovered,
            _offenders[Finding.Lost],
            _offenders[Finding.Unexpected],
            _offenders[Finding.Duplicated],
            _offenders[Finding.OutOfOrder],
            _foreign,
            seconds,
            _offenders.First);
    }

    private void Count(Counts counts, int key, long number, EventState state)
    {
        if (state == EventState.None)
        {
            return;
        }
        var arrived = state.HasFlag(EventState.Arrived);
        counts.Sent++;
        counts.Arrived += arrived ? 1 : 0;
        if (state.HasFlag(EventState.Acknowledged))
        {
            counts.Acknowledged++;
            if (!arrived)
            {
                _offenders.Add(Finding.Lost, () => $"{Name(key, number)} was answered 202");
            }
        }
        else if (IsUnknown(state))
        {
            counts.Unknown++;
            counts.Recovered += arrived ? 1 : 0;
        }
        else
        {
            counts.Refused++;
        }
    }

    // Events without a 202 have no place that was promised, and repeats none of their own.
    private void JudgeOrder(KeyLedger events, int key, long number, string place)
    {
        if (number < events.LastArrived)
        {
            var before = events.LastArrived;
            _offenders.Add(Finding.OutOfOrder, () => $"{Name(key, number)} behind number {before}, in {place}");
            return;
        }
        events.LastArrived = number;
    }

    private static bool IsUnknown(EventState state) => (state & (EventState.Open | EventState.Maybe)) != 0;

    private KeyLedger Of(int key)
    {
        while (_keys.Count <= key)
        {
            _keys.Add(new KeyLedger());
        }
        return _keys[key];
    }

    private static string Name(int key, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"key {EventText.KeyName(key)} number {number}");

    private sealed class Counts
    {
        internal long Sent { get; set; }

        internal long Acknowledged { get; set; }

        internal long Refused { get; set; }

        internal long Unknown { get; set; }

        internal long Arrived { get; set; }

        internal long Recovered { get; set; }
    }
}
