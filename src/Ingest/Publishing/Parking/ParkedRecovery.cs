using System.Text;
using Ingest.Events;
using Ingest.Publishing.Accounting;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Parking;

/// <summary>
/// Reads what earlier runs left in the parked log, and brings it and the lane's accounts to one moment.
/// </summary>
/// <remarks>
/// The accounts, saved with the cursor, say how many events are parked; the parked log says which. Either may be on disk without the
/// other: what was parked above the accounts' high water was never counted, and the lane reads it from its log once more, so it is void, or
/// settled then, where it was delivered or dropped; what was resolved behind the position the accounts have taken is applied to them now.
/// Then both agree, unless the parked log lost something: that is counted as lost.
/// </remarks>
/// <param name="accounts">The lane's accounts.</param>
/// <param name="savedApplied">The last resolution that the accounts on disk have.</param>
internal sealed class ParkedRecovery(LaneAccounts accounts, long savedApplied)
{
    private readonly Dictionary<long, ParkedEvent> _events = [];

    /// <summary>Parked events that stay so.</summary>
    internal IEnumerable<ParkedEvent> Parked => _events.Values.Where(parked => parked.Sequence <= accounts.HighWater);

    /// <summary>Parked events that were never counted.</summary>
    internal IReadOnlyList<ParkedEvent> Void => [.. _events.Values.Where(parked => parked.Sequence > accounts.HighWater)];

    /// <summary>What was resolved and never counted: the lane reads it once more, and must not send it.</summary>
    internal ResolvedAhead Resolved { get; } = new();

    internal void Apply(in ParkedRecord record, long position)
    {
        if (record.Kind == ParkedKind.Parked)
        {
            Park(record, position);
            return;
        }
        for (var i = 0; i < record.Count; i++)
        {
            if (_events.TryGetValue(record.SequenceAt(i), out var parked))
            {
                Change(record, position, parked);
            }
        }
    }

    /// <summary>Sets the accounts right where the two do not agree. Returns how many events are lost.</summary>
    internal long Settle(ILogger logger, string lane)
    {
        var lost = 0L;
        var counted = Parked.Where(parked => parked.IsCounted)
            .GroupBy(parked => accounts.StreamIndex(Encoding.Latin1.GetBytes(parked.Stream)))
            .ToDictionary(group => group.Key, group => group.ToList());
        foreach (var (stream, known) in accounts.ParkedByStream())
        {
            var found = counted.GetValueOrDefault(stream)?.Count ?? 0;
            if (found < known)
            {
                accounts.LoseParked(stream, known - found);
                lost += known - found;
            }
        }
        foreach (var (stream, parked) in counted)
        {
            // The accounts began anew, or are of a version that knew none: these count as repeats.
            foreach (var extra in parked.Skip((int)accounts.ParkedOf(stream)))
            {
                extra.IsCounted = false;
            }
        }
        if (lost > 0)
        {
            Log.ParkedLost(logger, lane, lost);
        }
        return lost;
    }

    private void Park(in ParkedRecord record, long position)
    {
        var sequence = record.SequenceAt(0);
        if (!EventHead.TryRead(record.Body, out var head))
        {
            return;
        }
        var known = _events.GetValueOrDefault(sequence);
        Resolved.Remove(sequence);
        _events[sequence] = new ParkedEvent
        {
            Sequence = sequence,
            Stream = Encoding.Latin1.GetString(head.Stream),
            Key = NameHash.Of(head.Key),
            Bytes = record.Body.Length,
            AcceptedUnixMs = head.AcceptedUnixMs,
            SinceUnixMs = record.SinceUnixMs,
            FirstUnixMs = record.FirstUnixMs,
            IsCounted = record.IsCounted,
            IsOfStream = record.IsOfStream,
            Attempts = Math.Max(record.Attempts, known?.Attempts ?? 0),
            Reason = record.Reason,
            Position = position,
            Phase = ParkedPhase.Waiting,
            IsDoomed = known?.IsDoomed ?? false,
            TrialMax = record.Attempts > 0 ? 1 : int.MaxValue,
        };
    }

    private void Change(in ParkedRecord record, long position, ParkedEvent parked)
    {
        switch (record.Kind)
        {
            case ParkedKind.Tried:
                (parked.Attempts, parked.Reason, parked.TrialMax) = (record.Attempts, record.Reason, 1);
                return;
            case ParkedKind.Doomed:
                (parked.IsDoomed, parked.Reason) = (true, record.Reason);
                return;
            case ParkedKind.Void:
                break;
            default:
                var settlement = record.Kind == ParkedKind.Delivered ? Settlement.Delivered : Settlement.DeadLettered;
                if (record.Kind == ParkedKind.Dropped)
                {
                    accounts.Doubtful.Drop([parked.Sequence]);
                }
                // The dead letters void what the accounts never counted (IDeadLetterStore.Begin): such an event is decided anew.
                if (parked.Sequence > accounts.HighWater && record.Kind != ParkedKind.DeadLettered)
                {
                    Resolved.Add(parked, settlement);
                }
                else if (parked.Sequence <= accounts.HighWater && parked.IsCounted)
                {
                    Count(parked, settlement, position);
                }
                break;
        }
        _events.Remove(parked.Sequence);
    }

    private void Count(ParkedEvent parked, Settlement settlement, long position)
    {
        if (position > accounts.ParkedApplied)
        {
            accounts.ResolveParked(accounts.StreamIndex(Encoding.Latin1.GetBytes(parked.Stream)), settlement);
        }
        if (position > savedApplied)
        {
            Resolved.Counted(parked, position);
        }
    }
}
