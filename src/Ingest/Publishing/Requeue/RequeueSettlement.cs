using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Requeue;

/// <summary>Dead letters that were delivered after all, for the accounts of their lane, which take each settlement once.</summary>
/// <param name="Position">Where the dead letters note it; settlements of a lane come in the order of their positions.</param>
/// <param name="Letters">Which.</param>
public sealed record RequeueSettlement(long Position, IReadOnlyList<RequeuedDeadLetter> Letters);

/// <summary>A dead letter that was delivered after all.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="IsCounted">The accounts have it as dead-lettered; a letter of an event sent again after a rewind they do not.</param>
public readonly record struct RequeuedDeadLetter(string Stream, bool IsCounted);

/// <summary>What the dead letters have to know of a lane before they hand it anything.</summary>
/// <param name="CountedTo">Letters up to this event are in the accounts on disk.</param>
/// <param name="SentTo">
/// Letters up to this event may be sent again. Never beyond <see cref="CountedTo"/>; nor, where the sink keeps the order of keys, beyond
/// the lane's position: it would hold back a letter for an earlier event of its key, and the lane sends what failed before anything new.
/// </param>
/// <param name="SettledTo">Settlements up to this position are in the accounts on disk, and need not be kept.</param>
/// <param name="DroppedTo">That letters up to this event were dropped is noted with the accounts on disk.</param>
/// <param name="EventsMax">Most events in a batch.</param>
/// <param name="BytesMax">Most bytes in a batch.</param>
public readonly record struct RequeueBounds(long CountedTo, long SentTo, long SettledTo, long DroppedTo, int EventsMax, int BytesMax)
{
    internal static RequeueBounds Of(LaneCursor cursor, SinkTraits traits) => new(
        cursor.SavedHighWater,
        traits.KeepsKeyOrder ? Math.Min(cursor.SavedHighWater, cursor.Saved) : cursor.SavedHighWater,
        cursor.SavedRequeues,
        cursor.SavedDoubtful,
        traits.EventsMaxOutOfTurn,
        traits.BatchBytesMax);
}
