using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// A batch of the lane on its way into transactions: handed over event by event, answered when all it is in are committed or one is
/// not. The batch is read only while the caller waits.
/// </summary>
internal sealed class Handover(EventBatch batch)
{
    private readonly TaskCompletionSource<SinkResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _reading = new();
    private SinkVerdict[]? _verdicts;
    private (long Sequence, ulong Key)[]? _left;

    /// <summary>The verdicts.</summary>
    internal Task<SinkResult> Result => _result.Task;

    /// <summary>Events of the batch.</summary>
    internal int Count { get; } = batch.Count;

    /// <summary>The next event to be handed over. Worker only.</summary>
    internal int Next { get; set; }

    /// <summary>The caller waits no longer, and the batch is not read any more; the worker still learns which events it has.</summary>
    internal void Abandon()
    {
        lock (_reading)
        {
            _left ??= [.. Enumerable.Range(0, Count).Select(index => (batch.SequenceAt(index), KeyHash.Of(batch[index])))];
        }
        _result.TrySetCanceled();
    }

    /// <summary>Reads an event, if the caller still waits. The event is valid within <paramref name="read"/>.</summary>
    internal bool TryRead<T>(int index, T state, Action<StoredEvent, T> read)
    {
        lock (_reading)
        {
            if (_left is not null)
            {
                return false;
            }
            read(batch[index], state);
            return true;
        }
    }

    /// <summary>Number and key of an event, also after the caller left.</summary>
    internal (long Sequence, ulong Key) At(int index)
    {
        lock (_reading)
        {
            return _left is null ? (batch.SequenceAt(index), KeyHash.Of(batch[index])) : _left[index];
        }
    }

    /// <summary>A verdict on one event; without one it is delivered. Worker only.</summary>
    internal void Judge(int index, in SinkVerdict verdict) =>
        (_verdicts ??= [.. Enumerable.Repeat(SinkVerdict.Delivered, Count)])[index] = verdict;

    /// <summary>The verdict so far. Worker only.</summary>
    internal SinkVerdict On(int index) => _verdicts is null ? SinkVerdict.Delivered : _verdicts[index];

    /// <summary>Answers with what was judged. Worker only.</summary>
    internal void Answer() => _result.TrySetResult(
        _verdicts is null ? SinkResult.Delivered : new SinkResult(AttemptVerdicts.Summary(_verdicts), _verdicts));
}
