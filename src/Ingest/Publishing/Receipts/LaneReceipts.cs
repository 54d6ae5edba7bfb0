using Ingest.Publishing.Accounting;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;

namespace Ingest.Publishing.Receipts;

/// <summary>
/// Says what became of events at one lane, from what is known of them elsewhere: the settled position, the parked events, the dead letters,
/// and the events given up. Any thread.
/// </summary>
/// <remarks>
/// Why "delivered" is never said too early: an event is among the parked ones, durable in the dead letters or among the doubtful ones
/// before the position passes it; it leaves the parked ones only when it is in one of the others, and these are asked later. What is
/// between two of them at the moment is counted in both, so that less is said to be delivered, never more.
/// </remarks>
/// <param name="context">The lane.</param>
/// <param name="cursor">Has its accounts.</param>
internal sealed class LaneReceipts(LaneContext context, LaneCursor cursor)
{
    private readonly SettledWaits _waits = new();
    private volatile ParkedEvents? _parked;
    private long _settled = cursor.Saved;

    /// <summary>The parked events of the session that runs; null between two.</summary>
    internal ParkedEvents? Parked
    {
        get => _parked;
        set => _parked = value;
    }

    /// <summary>The settled position moved, or was published once more. Lane loop only.</summary>
    internal void Moved(long settled)
    {
        Volatile.Write(ref _settled, settled);
        _waits.Moved(settled);
    }

    /// <summary>Ends when everything up to an event is settled, or is cancelled.</summary>
    internal Task WhenSettledAsync(long sequence, CancellationToken cancel) =>
        _waits.WaitAsync(sequence, () => Volatile.Read(ref _settled), cancel);

    /// <summary>Dead letters of these events were given up.</summary>
    internal void NoteDropped(IEnumerable<long> sequences) => cursor.Accounts.Doubtful.Drop(sequences);

    /// <param name="first">The first event, at least 1.</param>
    /// <param name="last">The last event, at least <paramref name="first"/>.</param>
    internal LaneReceipt Read(long first, long last)
    {
        var (lane, total, settled, accounts) = (context.Name, last - first + 1, Volatile.Read(ref _settled), cursor.Accounts);
        var pending = Given(Math.Max(first, settled + 1), Math.Min(last, context.Log.DurableSequence));
        var (from, to) = (Math.Max(first, accounts.Start + 1), Math.Min(last, settled));
        var done = Given(from, to);
        if (done == 0 || _parked is not { IsComplete: true } parked)
        {
            return new LaneReceipt(lane, 0, pending, 0, 0, 0, total - pending);
        }
        var waiting = parked.CountIn(from, to);
        if (context.DeadLetters.CountIn(lane, from, to) is not { } letters)
        {
            return new LaneReceipt(lane, 0, pending, waiting, 0, 0, total - pending - waiting);
        }
        var dropped = accounts.Doubtful.CountDropped(from, to);
        var doubtful = Doubtful(from, Math.Min(to, accounts.Doubtful.UpTo), parked, accounts);
        var delivered = Math.Max(done - waiting - letters - dropped - doubtful, 0);
        return new LaneReceipt(
            lane, delivered, pending, waiting, letters, dropped, Math.Max(total - delivered - pending - waiting - letters - dropped, 0));
    }

    // Of the part where the position says nothing, those of which nothing else is known either.
    private long Doubtful(long from, long to, ParkedEvents parked, LaneAccounts accounts) =>
        Math.Max(
            from > to ? 0
                : Given(from, to) - parked.CountIn(from, to) - (context.DeadLetters.CountIn(context.Name, from, to) ?? 0)
                    - accounts.Doubtful.CountDropped(from, to),
            0);

    private long Given(long from, long to) =>
        from > to ? 0 : to - from + 1 - (context.Log.SkippedUpTo(to) - context.Log.SkippedUpTo(from - 1));
}
