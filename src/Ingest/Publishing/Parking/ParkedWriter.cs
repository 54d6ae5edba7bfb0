using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Parking;

/// <summary>
/// Appends to the parked log off the lane's loop: what came while one group was written goes with the next. Loop only, but for the
/// writing itself.
/// </summary>
internal sealed class ParkedWriter(
    ParkedPlace place, PublishingOptions options, TimeProvider time, ILogger logger, Action wake) : IDisposable
{
    private readonly List<ParkedWrite> _waiting = [];
    private readonly List<ParkedWrite> _writing = [];
    private Task? _task;
    private ParkedLog? _log;
    private TimeSpan _retryAt;

    /// <summary>Why the last append failed; null after one that did not.</summary>
    internal string? Failure { get; private set; }

    /// <summary>Something is being written or waits for it.</summary>
    internal bool IsBusy => _task is not null || _waiting.Count > 0;

    /// <summary>An append is under way: the session does not end before.</summary>
    internal bool IsWriting => _task is not null;

    /// <summary>When a failed append is repeated.</summary>
    internal TimeSpan? RetryDue => Failure is not null && _task is null ? _retryAt : null;

    /// <summary>The log, if there is one.</summary>
    internal ParkedLog? Log => _log;

    /// <summary>Opens the log where one was made before. Null: there is none.</summary>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    internal ParkedLog? OpenExisting() => _log ??= place.Exists ? ParkedLog.Open(place, time, logger) : null;

    internal void Add(ParkedWrite write) => _waiting.Add(write);

    /// <summary>Takes up what was written and begins with what waits.</summary>
    /// <exception cref="StorageException">The log failed: nothing can be written before it is opened anew.</exception>
    internal void Step(TimeSpan now)
    {
        if (_task is { IsCompleted: true } ended)
        {
            _task = null;
            Complete(ended, now);
        }
        if (_task is null && _waiting.Count > 0 && now >= _retryAt)
        {
            _writing.AddRange(_waiting);
            _waiting.Clear();
            _task = Task.Run(Append);
            _ = _task.ContinueWith(
                _ => wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    internal void RetryNow() => _retryAt = TimeSpan.Zero;

    public void Dispose() => _log?.Dispose();

    private void Complete(Task ended, TimeSpan now)
    {
        if (ended.Exception?.InnerException is { } failure)
        {
            // Nothing of it counts as written; all of it is written again, in front of what came meanwhile.
            (Failure, _retryAt) = (failure.Message, now + options.ParkedBackoffMin);
            _waiting.InsertRange(0, _writing);
            _writing.Clear();
            if (_log?.Poison is { } poison)
            {
                // Only recovery can tell what the log has: the session ends, and the next one opens the log anew.
                throw new StorageException(poison.Kind, $"the parked log failed: {poison.Message}", poison.ErrorNumber, poison);
            }
            return;
        }
        (Failure, _retryAt) = (null, TimeSpan.Zero);
        var written = _writing.ToList();
        _writing.Clear();
        foreach (var write in written)
        {
            write.Completed();
            write.Dispose();
        }
    }

    private void Append()
    {
        var log = _log ??= ParkedLog.Open(place, time, logger);
        var records = RecordBatch.Rent();
        try
        {
            var placed = new List<(ParkedWrite Write, int Record)>();
            foreach (var write in _writing)
            {
                for (var record = 0; record < write.Records; record++)
                {
                    if (!log.Fits(records, write.BytesOf(record)))
                    {
                        Flush(log, records, placed);
                        records.Dispose();
                        records = RecordBatch.Rent();
                    }
                    write.Write(records, record);
                    placed.Add((write, record));
                }
            }
            Flush(log, records, placed);
        }
        finally
        {
            records.Dispose();
        }
    }

    private static void Flush(ParkedLog log, RecordBatch records, List<(ParkedWrite Write, int Record)> placed)
    {
        if (placed.Count == 0)
        {
            return;
        }
        var first = log.Append(records);
        for (var i = 0; i < placed.Count; i++)
        {
            placed[i].Write.Place(placed[i].Record, first + i);
        }
        placed.Clear();
    }
}

/// <summary>Records to append, and what follows when they are durable.</summary>
internal abstract class ParkedWrite : IDisposable
{
    internal abstract int Records { get; }

    internal abstract int BytesOf(int record);

    internal abstract void Write(RecordBatch batch, int record);

    /// <summary>Told where a record lies. Not on the lane's loop.</summary>
    internal abstract void Place(int record, long position);

    /// <summary>Everything is durable. Lane loop.</summary>
    internal abstract void Completed();

    public virtual void Dispose()
    {
        // Most hold nothing.
    }
}

/// <summary>Events to be parked, or moved to the end of the log.</summary>
internal sealed class ParkedBodies(EventBatch batch, IReadOnlyList<ParkedEvent> events, Action<ParkedBodies> completed) : ParkedWrite
{
    private readonly long[] _positions = new long[events.Count];

    internal IReadOnlyList<ParkedEvent> Events => events;

    internal override int Records => events.Count;

    internal long PositionOf(int index) => _positions[index];

    internal override int BytesOf(int record) => events[record].Bytes;

    internal override void Write(RecordBatch records, int record) =>
        ParkedRecord.WriteParked(records, events[record], batch[record].Body.Span);

    internal override void Place(int record, long position) => _positions[record] = position;

    internal override void Completed() => completed(this);

    public override void Dispose()
    {
        batch.Dispose();
        base.Dispose();
    }
}

/// <summary>What became of parked events.</summary>
internal sealed class ParkedChange(
    ParkedKind kind, IReadOnlyList<ParkedEvent> events, string reason, int attempts, Action<ParkedChange> completed) : ParkedWrite
{
    private const int SequencesMax = 4096;

    private readonly long[] _sequences = [.. events.Select(parked => parked.Sequence)];

    internal ParkedKind Kind => kind;

    internal IReadOnlyList<ParkedEvent> Events => events;

    /// <summary>Where the last record lies.</summary>
    internal long Position { get; private set; }

    internal override int Records => (_sequences.Length + SequencesMax - 1) / SequencesMax;

    internal override int BytesOf(int record) => Math.Min(SequencesMax, _sequences.Length) * sizeof(long);

    internal override void Write(RecordBatch batch, int record)
    {
        var first = record * SequencesMax;
        var sequences = _sequences.AsSpan(first, Math.Min(SequencesMax, _sequences.Length - first));
        ParkedRecord.WriteChange(batch, kind, attempts, reason, sequences);
    }

    internal override void Place(int record, long position) => Position = Math.Max(Position, position);

    internal override void Completed() => completed(this);
}
