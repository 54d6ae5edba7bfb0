using Ingest.DeadLetters.Storage;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Requeue;
using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Requeue;

/// <summary>
/// Sends one lane's requeued letters again, one batch after another in the order of their sequence numbers, and notes what became of them.
/// </summary>
internal sealed class RequeueRunner(OpenDeadLetters letters, string lane, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sends until there is nothing more that may be sent. Letters whose lane ended before it decided stay requeued. Never throws.
    /// </summary>
    /// <param name="lanes">The lanes of now.</param>
    /// <param name="stop">Ends the taking of notes.</param>
    internal async Task RunAsync(LaneSet lanes, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested && await SendNextAsync(lanes, stop))
            {
                // Each round has noted what it did before the next one looks.
            }
        }
        catch (Exception e)
        {
            if (!stop.IsCancellationRequested)
            {
                Log.SendingFailed(logger, lane, RetryPause, e.Message);
                await Task.Delay(RetryPause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // False: there is nothing to send now.
    private async Task<bool> SendNextAsync(LaneSet lanes, CancellationToken stop)
    {
        // Until the beginning of the lane is on disk and read from there, letters that are void by it are still here.
        if (letters.Log.Beginnings.Of(lane) is not null)
        {
            return false;
        }
        await letters.Feed.WaitAsync(letters.Log.Wal.DurableSequence, stop);
        if (!lanes.TakesRequeues(lane) || lanes.RequeueBounds(lane) is not { } bounds
            || letters.Ledger.NextRequeued(lane, bounds) is not { Count: > 0 } next)
        {
            return false;
        }
        var batch = Gather(next, out var unreadable);
        if (batch is null)
        {
            return await GiveUpAsync(unreadable, stop);
        }
        // Dropped while they waited, for a sink that is away maybe: then they are not to be sent any more. Neither when this log was given
        // up, for the next one has them sent itself; nor where the lane began meanwhile, and what is void by that is not known yet.
        bool IsWanted(long sequence) =>
            !stop.IsCancellationRequested && letters.Log.Beginnings.Of(lane) is null
            && letters.Ledger.Find(new DeadLetterKey(sequence, lane)) is { IsRequeued: true };
        var decided = await (lanes.RequeueAsync(lane, batch, IsWanted, stop)
            ?? throw new InvalidOperationException("A lane with bounds is there."));
        await NoteAsync(next, decided, stop);
        // Where the lane ended before it decided on all, there is nothing more to hope for from it.
        return decided.Count == next.Count;
    }

    // Null where not all can be read.
    private EventBatch? Gather(IReadOnlyList<DeadLetter> next, out List<DeadLetter> unreadable)
    {
        unreadable = [];
        var batch = new EventBatch();
        using var bodies = new DeadLetterBodies(letters.Log.Wal);
        foreach (var letter in next)
        {
            if (bodies.TryRead(letter, out var body))
            {
                batch.Add(letter.Key.Sequence, body);
            }
            else
            {
                unreadable.Add(letter);
            }
        }
        if (unreadable.Count == 0)
        {
            return batch;
        }
        batch.Dispose();
        return null;
    }

    // Moved or resolved meanwhile: look again. Still where it was said to be: the disk has lost it, and the next start would too.
    private async Task<bool> GiveUpAsync(List<DeadLetter> unreadable, CancellationToken stop)
    {
        await letters.Changing.WaitAsync(stop);
        try
        {
            var lost = unreadable.Where(letter => letters.Ledger.Find(letter.Key)?.Position == letter.Position).ToList();
            if (lost.Count > 0)
            {
                using var records = RecordBatch.Rent();
                DeadLetterRecordWriter.WriteKeys(records, DeadLetterRecordKind.Dropped, lane, 0, [.. lost.Take(
                    DeadLetterRecordWriter.KeysMax).Select(Sequence)]);
                await letters.AppendAsync(records, stop);
                lost.ForEach(letter => Log.RecordsLost(logger, letter.Position, 1));
            }
        }
        finally
        {
            letters.Changing.Release();
        }
        return true;
    }

    private async Task NoteAsync(IReadOnlyList<DeadLetter> sent, IReadOnlyList<RequeuedEvent> decided, CancellationToken stop)
    {
        if (decided.Count == 0)
        {
            return;
        }
        var delivered = decided.Where(entry => entry.Verdict.Kind == VerdictKind.Delivered).Select(entry => entry.Sequence).ToList();
        using var records = RecordBatch.Rent();
        foreach (var part in delivered.Chunk(DeadLetterRecordWriter.KeysMax))
        {
            DeadLetterRecordWriter.WriteKeys(records, DeadLetterRecordKind.Delivered, lane, 0, part);
        }
        var bySequence = sent.ToDictionary(Sequence);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var refused in decided.Where(entry => entry.Verdict.Kind != VerdictKind.Delivered))
        {
            var letter = bySequence[refused.Sequence];
            DeadLetterRecordWriter.WriteRefused(records, letter, refused.Verdict.Reason, letter.Attempts + 1, now);
        }
        await letters.Changing.WaitAsync(stop);
        try
        {
            await AppendUntilItHoldsAsync(records, stop);
        }
        finally
        {
            letters.Changing.Release();
        }
        Log.SentAgain(logger, lane, delivered.Count, decided.Count - delivered.Count);
    }

    // What was delivered and is not noted is delivered once more: worth trying until the node stops.
    private async Task AppendUntilItHoldsAsync(RecordBatch records, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await letters.AppendAsync(records, stop);
                return;
            }
            catch (StorageException e)
            {
                Log.SendingFailed(logger, lane, RetryPause, e.Message);
                await Task.Delay(RetryPause, time, stop);
            }
        }
    }

    private static long Sequence(DeadLetter letter) => letter.Key.Sequence;
}
