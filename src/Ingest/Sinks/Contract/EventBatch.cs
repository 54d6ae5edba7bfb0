using System.Buffers;
using Ingest.Events;

namespace Ingest.Sinks.Contract;

/// <summary>
/// Consecutive or selected events on their way to a sink, copied from the log into one pooled buffer. Filled and disposed by its lane;
/// sinks only read.
/// </summary>
public sealed class EventBatch : IDisposable
{
    private readonly List<(long Sequence, int Offset, int Length)> _events = [];
    private byte[] _buffer = [];
    private int _bytes;

    /// <summary>Events in the batch.</summary>
    public int Count => _events.Count;

    /// <summary>Bytes of all record bodies.</summary>
    public int Bytes => _bytes;

    /// <summary>The lowest sequence number.</summary>
    public long FirstSequence => _events[0].Sequence;

    /// <summary>The highest sequence number.</summary>
    public long LastSequence => _events[^1].Sequence;

    /// <summary>Event <paramref name="index"/>; events stand in the order of their sequence numbers.</summary>
    public StoredEvent this[int index]
    {
        get
        {
            var (sequence, offset, length) = _events[index];
            return StoredEvent.TryRead(sequence, _buffer.AsMemory(offset, length), out var stored)
                ? stored
                : throw new InvalidOperationException("Only readable events are added to a batch.");
        }
    }

    /// <summary>The sequence number of event <paramref name="index"/>.</summary>
    public long SequenceAt(int index) => _events[index].Sequence;

    /// <summary>Copies an event's record body to the end of the batch.</summary>
    public void Add(long sequence, ReadOnlySpan<byte> body)
    {
        if (_buffer.Length - _bytes < body.Length)
        {
            Grow(body.Length);
        }
        body.CopyTo(_buffer.AsSpan(_bytes));
        _events.Add((sequence, _bytes, body.Length));
        _bytes += body.Length;
    }

    /// <summary>A new batch with copies of some of the events, for sending them again or apart.</summary>
    public EventBatch Select(IEnumerable<int> indexes)
    {
        var selected = new EventBatch();
        foreach (var index in indexes)
        {
            var (sequence, offset, length) = _events[index];
            selected.Add(sequence, _buffer.AsSpan(offset, length));
        }
        return selected;
    }

    /// <summary>Empties the batch for reuse, keeping its buffer.</summary>
    public void Clear()
    {
        _events.Clear();
        _bytes = 0;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        Clear();
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private void Grow(int more)
    {
        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_bytes + more), Math.Min(_buffer.Length * 2, Array.MaxLength)));
        _buffer.AsSpan(0, _bytes).CopyTo(grown);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        _buffer = grown;
    }
}
