using System.Runtime.CompilerServices;
using Ingest.DeadLetters.Projection;
using Ingest.DeadLetters.Storage;
using Ingest.Events;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

/// <summary>
/// What operators ask of the dead letters and do with them. All of it waits a while until the letters that earlier runs left are known.
/// </summary>
public sealed class DeadLetterOperations
{
    private const int PageMax = 1000;

    // Longer than a lane usually takes to save its position. A drop is durable without it.
    private static readonly TimeSpan CoveredPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CoveredInterval = TimeSpan.FromMilliseconds(10);

    private readonly Func<CancellationToken, Task<OpenDeadLetters?>> _known;
    private readonly Func<LaneSet?> _lanes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="known">The open log once its letters are known; null before the first letter.</param>
    /// <param name="lanes">The lanes of now; null while there are none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what operators did.</param>
    internal DeadLetterOperations(
        Func<CancellationToken, Task<OpenDeadLetters?>> known, Func<LaneSet?> lanes, TimeProvider time, ILogger logger) =>
        (_known, _lanes, _time, _logger) = (known, lanes, time, logger);

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
        return await _known(cancel) is { } open ? open.Questions.Query(filter, after, limit) : [];
    }

    /// <summary>Letters that match, grouped and counted, the largest group first. Any thread.</summary>
    /// <param name="by">What they are grouped by.</param>
    /// <param name="filter">Which.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    public async Task<IReadOnlyList<DeadLetterGroup>> GroupsAsync(
        DeadLetterGrouping by, DeadLetterFilter filter, CancellationToken cancel) =>
        await _known(cancel) is { } open ? open.Questions.Groups(by, filter) : [];

    /// <summary>A letter with its event; null when there is none. Any thread.</summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    public async Task<DeadLetterEvent?> ReadAsync(DeadLetterKey key, CancellationToken cancel)
    {
        if (await _known(cancel) is not { } open)
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
        if (await _known(cancel) is not { } open)
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
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    public async Task<RequeueTicket?> TicketAsync(long ticket, CancellationToken cancel) =>
        await _known(cancel) is { } open ? open.Ledger.Ticket(ticket) : null;

    /// <summary>
    /// Has letters sent again by their lanes: durable when this ends, done when the lanes have. They keep their identity; until they are
    /// delivered they are dead letters. Letters on their way already are left alone. Any thread.
    /// </summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    /// <exception cref="Wal.Storage.StorageException">There is no room to note it.</exception>
    /// <exception cref="DeadLettersBlockedException">The log failed.</exception>
    public Task<DeadLetterChange> RequeueAsync(DeadLetterSelection selection, CancellationToken cancel) =>
        ChangeAsync(selection with { Filter = selection.Filter with { Requeued = false } }, DeadLetterRecordKind.Requeued, cancel);

    /// <summary>
    /// Drops letters for good: durable when this ends, also for letters that are younger than their lane's saved position. An attempt that
    /// is under way at this moment may still arrive. Any thread.
    /// </summary>
    /// <exception cref="DeadLettersRebuildingException">Come back later.</exception>
    /// <exception cref="Wal.Storage.StorageException">There is no room to note it.</exception>
    /// <exception cref="DeadLettersBlockedException">The log failed.</exception>
    public Task<DeadLetterChange> DropAsync(DeadLetterSelection selection, CancellationToken cancel) =>
        ChangeAsync(selection, DeadLetterRecordKind.Dropped, cancel);

    private async Task<DeadLetterChange> ChangeAsync(DeadLetterSelection selection, DeadLetterRecordKind kind, CancellationToken cancel)
    {
        var changed = new Dictionary<string, long>(StringComparer.Ordinal);
        var change = await ChangeAsync(selection, kind, changed, cancel);
        if (kind == DeadLetterRecordKind.Dropped)
        {
            await WaitCoveredAsync(changed, cancel);
        }
        return change;
    }

    // Until a lane's accounts on disk have an event as dead-lettered, a crash sends it once more. The drop holds either way; this wait
    // spares the sink an event that was just given up. It ends early where something else holds up the lane's position.
    private async Task WaitCoveredAsync(Dictionary<string, long> changed, CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        while (changed.Any(lane => _lanes()?.RequeueBounds(lane.Key) is { } bounds && bounds.CountedTo < lane.Value)
            && _time.GetElapsedTime(began) < CoveredPatience)
        {
            await Task.Delay(CoveredInterval, _time, cancel);
        }
    }

    private async Task<DeadLetterChange> ChangeAsync(
        DeadLetterSelection selection, DeadLetterRecordKind kind, Dictionary<string, long> changed, CancellationToken cancel)
    {
        if (await _known(cancel) is not { } open)
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
            if (kind == DeadLetterRecordKind.Requeued && byLane.Find(lane => _lanes()?.TakesRequeues(lane.Key) != true) is { } missing)
            {
                return new DeadLetterChange(0, 0, [], missing.Key);
            }
            if (kind == DeadLetterRecordKind.Dropped)
            {
                // Before the letters are gone: a receipt must not take them for delivered in between.
                byLane.ForEach(lane => _lanes()?.NoteDropped(lane.Key, lane));
            }
            // Unique: under this lock every requeue appends at least one record.
            var ticket = open.Log.Wal.DurableSequence + 1;
            await AppendAsync(open, kind, kind == DeadLetterRecordKind.Requeued ? ticket : 0, byLane, cancel);
            Report(kind, ticket, letters.Count);
            byLane.ForEach(lane => changed[lane.Key] = lane.Max());
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
        var parts = byLane.SelectMany(lane => lane.Chunk(DeadLetterRecordWriter.KeysMax).Select(part => (Lane: lane.Key,
            Part: part))).ToList();
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

    private void Report(DeadLetterRecordKind kind, long ticket, long count)
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
}

/// <summary>A letter with its event.</summary>
/// <param name="Letter">What the index knows.</param>
/// <param name="Event">The event as it lies in the log; a copy.</param>
public sealed record DeadLetterEvent(DeadLetter Letter, StoredEvent Event);
