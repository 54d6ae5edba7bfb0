using Ingest.Publishing.Lanes;
using Ingest.Wal.Retention;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Storage;

/// <summary>
/// Gives files back when everything in them is resolved. One old letter would hold all files behind it: when more is resolved than is not,
/// the oldest letters are written once more at the end, so that their files can go.
/// </summary>
internal sealed class DeadLetterUpkeep(OpenDeadLetters letters, int segmentBytes, ILogger logger)
{
    private const int MovedMax = 256;

    private long _reclaimed;

    /// <summary>Looks once. True: there is more to do now.</summary>
    internal async Task<bool> LookAsync(LaneSet lanes, CancellationToken stop)
    {
        letters.Log.NoteEnd();
        var (needed, isLetter) = letters.Ledger.NeededFrom(lanes.RequeueBounds);
        if (needed > _reclaimed)
        {
            letters.Log.Wal.Reclaim(new ReclaimLimits(needed - 1, long.MaxValue, 0));
            _reclaimed = needed;
        }
        // Behind that, which may make the room for it.
        if (!letters.Log.Beginnings.IsEmpty)
        {
            using var nothing = RecordBatch.Rent();
            await letters.AppendDurablyAsync(nothing, stop);
        }
        // Letters are moved only where the oldest of them is what holds the files: behind a drop or a delivery that its lane's accounts on
        // disk do not have yet, no file would go, and each look would write all letters once more.
        if (!isLetter || !IsWasteful(letters.Log.Wal.BytesInUse, letters.Ledger.Totals.Bytes, segmentBytes))
        {
            return false;
        }
        // What is void must not be moved behind what makes it so.
        await letters.Feed.WaitAsync(letters.Log.Wal.DurableSequence, stop);
        return await MoveAsync(lanes, stop);
    }

    /// <summary>Whether the files take so much more than what is unresolved in them that moving it pays.</summary>
    internal static bool IsWasteful(long bytesInUse, long unresolvedBytes, int segmentBytes) =>
        bytesInUse - unresolvedBytes > (unresolvedBytes / 2) + (2L * segmentBytes);

    private async Task<bool> MoveAsync(LaneSet lanes, CancellationToken stop)
    {
        await letters.Changing.WaitAsync(stop);
        try
        {
            using var records = RecordBatch.Rent();
            using var bodies = new DeadLetterBodies(letters.Log.Wal);
            foreach (var letter in letters.Ledger.Oldest(MovedMax))
            {
                // What is not in its lane's accounts on disk may be void after a restart; moved behind that, it would not be.
                if (letter.Key.Sequence > (lanes.RequeueBounds(letter.Key.Lane)?.CountedTo ?? long.MaxValue)
                    || !letters.Log.Fits(records, letter.Bytes) || !bodies.TryRead(letter, out var body))
                {
                    break;
                }
                DeadLetterRecordWriter.WriteMoved(records, letter, letter.Position <= letters.Publisher?.PublishedTo, body);
            }
            if (records.Count == 0)
            {
                return false;
            }
            await letters.AppendAsync(records, stop);
            Log.Moved(logger, records.Count);
            return true;
        }
        finally
        {
            letters.Changing.Release();
        }
    }
}
