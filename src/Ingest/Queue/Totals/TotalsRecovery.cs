using System.Text;
using Ingest.Events;
using Ingest.Wal;
using Ingest.Wal.Reading;

namespace Ingest.Queue.Totals;

/// <summary>Brings the totals up to date at start: the saved ones, plus what the log holds behind them.</summary>
internal static class TotalsRecovery
{
    /// <summary>
    /// Reads at most what came after the last save (a few seconds of intake). Events whose stream can no longer be told, because
    /// the log lost or removed them first, count as <see cref="StreamCounters.Other"/>, so that the sum stays the number of the last
    /// event.
    /// </summary>
    internal static void Recover(WriteAheadLog log, WalCursor cursor, StreamTotals totals)
    {
        var from = 0L;
        if (cursor.Sequence <= log.DurableSequence && totals.TryDecode(cursor.Annotation.Span, cursor.Sequence))
        {
            from = cursor.Sequence;
        }
        else
        {
            totals.Begin(0);
        }
        if (log.FirstSequence > from + 1)
        {
            var lost = log.FirstSequence - 1 - from - (log.SkippedUpTo(log.FirstSequence - 1) - log.SkippedUpTo(from));
            if (lost > 0)
            {
                totals.Add(StreamCounters.Other, lost, 0, log.FirstSequence - 1);
            }
            from = log.FirstSequence - 1;
        }
        using var reader = log.OpenReader(from + 1);
        while (reader.Read() is var status and not WalReadStatus.CaughtUp)
        {
            if (status == WalReadStatus.Gap && reader.Gap.Skipped)
            {
                totals.Begin(reader.Gap.First + reader.Gap.Count - 1);
            }
            else if (status == WalReadStatus.Gap)
            {
                totals.Add(StreamCounters.Other, reader.Gap.Count, 0, reader.Gap.First + reader.Gap.Count - 1);
            }
            else
            {
                Count(reader, totals);
            }
        }
    }

    private static void Count(WalReader reader, StreamTotals totals)
    {
        // The name's place is fixed in the record's head; the body is not copied to look at it.
        var stream = StoredEvent.TryReadStream(reader.Body, out var name) ? Encoding.UTF8.GetString(name) : StreamCounters.Other;
        totals.Add(stream, 1, reader.Body.Length, reader.Sequence);
    }
}
