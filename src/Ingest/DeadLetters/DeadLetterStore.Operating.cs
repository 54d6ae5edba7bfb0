using System.Runtime.CompilerServices;
using Ingest.DeadLetters.Storage;
using Ingest.Events;
using Ingest.Publishing;
using Ingest.Wal.Writing;

namespace Ingest.DeadLetters;

/// <content>What operators do. All of it waits until what earlier runs left is known, for a while.</content>
public sealed partial class DeadLetterStore
{
    private const int PageMax = 1000;

    /// <summary>Letters in the order of their keys. Any thread.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those behind this key.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(
        DeadLetterFilter filter, DeadLetterKey? after, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, PageMax);
        return await KnownAsync(cancel) is { } open ? open.Ledger.Query(filter, after, limit) : [];
    }

    /// <summary>A letter with its event; null when there is none. Any thread.</summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    public async Task<DeadLetterEvent?> ReadAsync(DeadLetterKey key, CancellationToken cancel)
    {
        if (await KnownAsync(cancel) is not { } open)
        {
            return null;
        }
        using var bodies = new DeadLetterBodies(open.Log.Wal);
        return Read(open, bodies, key);
    }

    /// <summary>Letters with their events, in the order of their keys. Letters resolved meanwhile are left out. Any thread.</summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    public async IAsyncEnumerable<DeadLetterEvent> ExportAsync(
        DeadLetterFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (await KnownAsync(cancel) is not { } open)
        {
            yield break;
        }
        using var bodies = new DeadLetterBodies(open.Log.Wal);
        DeadLetterKey? after = null;
        while (open.Ledger.Query(filter, after, PageMax) is { Count: > 0 } page)
        {
            foreach (var letter in page)
            {
                cancel.ThrowIfCancellationRequested();
                if (Read(open, bodies, letter.Key) is { } read)
                {
                    yield return read;
                }
            }
            after = page[^1].Key;
        }
    }

    /// <summary>How far a requeue is; null when it is not known any more. Any thread.</summary>
    public RequeueTicket? Ticket(long ticket) => _open?.Ledger.Ticket(ticket);

    /// <summary>
    /// Has letters sent again by their lanes: durable when this ends, done when the lanes have. They keep their identity; until they are
    /// delivered they are dead letters. Letters on their way already are left alone. Any thread.
    /// </summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    /// <exception cref="Wal.Storage.StorageException">There is no room to note it.</exception>
    /// <exception cref="DeadLettersBlockedException">The log failed.</exception>
    public Task<DeadLetterChange> RequeueAsync(DeadLetterSelection selection, CancellationToken cancel) =>
        ChangeAsync(selection with { Filter = selection.Filter with { Requeued = false } }, DeadLetterRecordKind.Requeued, cancel);

    /// <summary>Gives letters up for good. What is on its way at this moment may still arrive. Any thread.</summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    /// <exception cref="Wal.Storage.StorageException">There is no room to note it.</exception>
    /// <exception cref="DeadLettersBlockedException">The log failed.</exception>
    public Task<DeadLetterChange> DropAsync(DeadLetterSelection selection, CancellationToken cancel) =>
        ChangeAsync(selection, DeadLetterRecordKind.Dropped, cancel);

    private async Task<DeadLetterChange> ChangeAsync(DeadLetterSelection selection, DeadLetterRecordKind kind, CancellationToken cancel)
    {
        if (await KnownAsync(cancel) is not { } open)
        {
            return new DeadLetterChange(0, 0, selection.Keys ?? []);
        }
        await open.Changing.WaitAsync(cancel);
        try
        {
            var letters = Select(open, selection, kind == DeadLetterRecordKind.Requeued, out var unknown);
            if (unknown.Count > 0 || letters.Count == 0)
            {
                return new DeadLetterChange(0, 0, unknown);
            }
            var byLane = letters.GroupBy(key => key.Lane, key => key.Sequence, StringComparer.Ordinal).ToList();
            if (kind == DeadLetterRecordKind.Requeued && byLane.Find(lane => _lanes?.Invoke()?.TakesRequeues(lane.Key) != true) is { } missing)
            {
                return new DeadLetterChange(0, 0, [], missing.Key);
            }
            // Unique: under this lock every requeue appends at least one record.
            var ticket = open.Log.Wal.DurableSequence + 1;
            await AppendAsync(open, kind, kind == DeadLetterRecordKind.Requeued ? ticket : 0, byLane, cancel);
            Tell(kind, ticket, letters.Count);
            return new DeadLetterChange(letters.Count, kind == DeadLetterRecordKind.Requeued ? ticket : 0, []);
        }
        finally
        {
            open.Changing.Release();
        }
    }

    private static async Task AppendAsync(
        OpenDeadLetters open, DeadLetterRecordKind kind, long ticket, List<IGrouping<string, long>> byLane, CancellationToken cancel)
    {
        var parts = byLane.SelectMany(lane => lane.Chunk(DeadLetterRecordWriter.KeysMax).Select(part => (Lane: lane.Key, Part: part))).ToList();
        foreach (var some in parts.Chunk(Math.Max(open.Log.BatchBytesMax / DeadLetterRecordWriter.KeysBytesMax, 1)))
        {
            using var records = RecordBatch.Rent();
            foreach (var (lane, part) in some)
            {
                DeadLetterRecordWriter.WriteKeys(records, kind, lane, ticket, part);
            }
            await open.AppendAsync(records, cancel);
        }
    }

    private void Tell(DeadLetterRecordKind kind, long ticket, long count)
    {
        if (kind == DeadLetterRecordKind.Requeued)
        {
            Log.Requeued(_logger, ticket, count);
        }
        else
        {
            Log.Dropped(_logger, count);
        }
    }

    private static List<DeadLetterKey> Select(
        OpenDeadLetters open, DeadLetterSelection selection, bool atRest, out List<DeadLetterKey> unknown)
    {
        if (selection.Keys is { } named)
        {
            unknown = [.. named.Where(key => open.Ledger.Find(key) is null)];
            return [.. named.Distinct().Where(key => !(atRest && open.Ledger.Find(key) is { IsRequeued: true }))];
        }
        unknown = [];
        var found = new List<DeadLetterKey>();
        DeadLetterKey? after = null;
        while (open.Ledger.Query(selection.Filter, after, PageMax) is { Count: > 0 } page)
        {
            found.AddRange(page.Select(letter => letter.Key));
            after = page[^1].Key;
        }
        return found;
    }

    private static DeadLetterEvent? Read(OpenDeadLetters open, DeadLetterBodies bodies, DeadLetterKey key)
    {
        // It may be moved between the two looks; it is not moved again and again.
        for (var tries = 0; tries < 3 && open.Ledger.Find(key) is { } letter; tries++)
        {
            if (bodies.TryRead(letter, out var body))
            {
                return StoredEvent.TryRead(key.Sequence, body.ToArray(), out var stored) ? new DeadLetterEvent(letter, stored) : null;
            }
        }
        return null;
    }

    private async Task<OpenDeadLetters?> KnownAsync(CancellationToken cancel)
    {
        if (_open is not { } open)
        {
            return null;
        }
        // The caller's thread may be one that waits for sockets: what follows reads the index and the disk.
        await WaitRebuiltAsync(open, cancel).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return open;
    }
}

/// <summary>A letter with its event.</summary>
/// <param name="Letter">What the index knows.</param>
/// <param name="Event">The event as it lies in the log; a copy.</param>
public sealed record DeadLetterEvent(DeadLetter Letter, StoredEvent Event);
