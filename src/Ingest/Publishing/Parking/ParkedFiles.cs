using Ingest.Publishing.Lanes;

namespace Ingest.Publishing.Parking;

/// <summary>
/// The files of a lane's parked log: gives those back that nothing needs, and says which events to move to the log's end, because they keep
/// files that hold little else. Lane loop only, while nothing is being written.
/// </summary>
/// <remarks>
/// Moving ends: only what stands in front of everything else that is needed is moved, each move takes the front further, and when all were
/// moved once, the log is as small as its records.
/// </remarks>
internal sealed class ParkedFiles(LaneCursor cursor, ParkedEvents events)
{
    private const int MovedMax = 256;
    private const int MovedBytesMax = 1024 * 1024;

    // Parked events in the order of their positions; those in front that went or moved are taken out at the next look.
    private readonly PriorityQueue<ParkedEvent, long> _places = new();
    private bool _isStopped;

    /// <summary>An event lies where it says, from now on.</summary>
    internal void Placed(ParkedEvent parked) => _places.Enqueue(parked, parked.Position);

    /// <summary>Nothing is moved any more.</summary>
    internal void StopMoving() => _isStopped = true;

    /// <summary>Gives back what lies in front of everything that is needed.</summary>
    internal void Reclaim(ParkedLog log, ResolvedAhead resolved)
    {
        resolved.Saved(cursor.SavedHighWater, cursor.SavedParkedApplied);
        log.Reclaim(Math.Min(Front(log), NeededBeside(resolved)));
    }

    /// <summary>
    /// The events to move now, in the order of their positions; null while moving pays or helps nothing. Where only a position that the
    /// cursor has not saved is in the way, it is brought up to date instead, and saved with the next save.
    /// </summary>
    internal List<ParkedEvent>? NextToMove(ParkedLog log, ResolvedAhead resolved)
    {
        if (_isStopped || !log.IsWasteful(events.Count, events.Bytes))
        {
            return null;
        }
        var beside = NeededBeside(resolved);
        if (beside <= Front(log))
        {
            // Everything written is taken up, so that the accounts are those of the log's end.
            cursor.Accounts.ParkedApplied = log.End - 1;
            return null;
        }
        var moving = events.All.Where(parked => parked.Position < beside).OrderBy(parked => parked.Position).TakeWhile(IsMovable)
            .Take(MovedMax).ToList();
        while (moving.Count > 1 && moving.Sum(parked => (long)parked.Bytes) > MovedBytesMax)
        {
            moving.RemoveRange(moving.Count / 2, moving.Count - (moving.Count / 2));
        }
        return moving.Count == 0 ? null : moving;
    }

    private bool IsMovable(ParkedEvent parked) =>
        parked.Phase == ParkedPhase.Waiting && parked.Sequence <= cursor.SavedHighWater;

    // Every resolution the accounts on disk do not have, and the events these were of.
    private long NeededBeside(ResolvedAhead resolved) => Math.Min(resolved.NeededFrom, cursor.SavedParkedApplied + 1);

    // The first event that is still parked.
    private long Front(ParkedLog log)
    {
        while (_places.TryPeek(out var parked, out var position) && (parked.Position != position || events.Find(parked.Sequence) != parked))
        {
            _places.Dequeue();
        }
        return _places.TryPeek(out _, out var oldest) ? oldest : log.End;
    }
}
