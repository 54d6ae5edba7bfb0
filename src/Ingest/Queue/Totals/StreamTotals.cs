using Ingest.Events;

namespace Ingest.Queue.Totals;

/// <summary>How many events and bytes each stream has been promised so far, over the whole life of the log. Any thread.</summary>
/// <remarks>
/// The commit loop adds after each commit; upkeep saves. Encoding: <c>u8 version</c>, then <see cref="StreamCounters"/> with two counters
/// each, events and bytes.
/// </remarks>
public sealed class StreamTotals
{
    private const byte Version = 1;
    private const int Events = 0;
    private const int Bytes = 1;
    private const int CountersEach = 2;

    private readonly Lock _lock = new();

    // Under the lock.
    private StreamCounters _totals = new(CountersEach);
    private long _sequence;

    private long _bytes;

    /// <summary>Bytes of encoded events counted since the process started. Any thread.</summary>
    internal long BytesCounted => Interlocked.Read(ref _bytes);

    /// <summary>Events and bytes of every stream, in no order. Any thread.</summary>
    public IReadOnlyList<StreamTotal> Snapshot()
    {
        lock (_lock)
        {
            return [.. Enumerable.Range(0, _totals.Count).Where(_totals.HasCounts)
                .Select(stream => new StreamTotal(_totals.NameOf(stream), _totals[stream, Events], _totals[stream, Bytes]))];
        }
    }

    internal void Begin(long sequence)
    {
        lock (_lock)
        {
            _sequence = sequence;
        }
    }

    /// <summary>One committed group: all of its batches, and the last sequence number they cover.</summary>
    internal void Add(List<PendingCommit> group, long sequence)
    {
        lock (_lock)
        {
            foreach (var pending in group)
            {
                if (pending.Shares is not { } shares)
                {
                    AddNeedsLock(pending.Stream, pending.Events, pending.Bytes);
                    continue;
                }
                foreach (var share in shares)
                {
                    AddNeedsLock(share.Stream, share.Events, share.Bytes);
                }
            }
            _sequence = sequence;
        }
    }

    internal void Add(string stream, long events, long bytes, long sequence)
    {
        lock (_lock)
        {
            AddNeedsLock(stream, events, bytes);
            _sequence = sequence;
        }
    }

    /// <summary>The totals as of a sequence number, in one consistent piece.</summary>
    internal (long Sequence, byte[] Encoded) Encode()
    {
        lock (_lock)
        {
            var encoded = new byte[1 + _totals.EncodedBytes];
            encoded[0] = Version;
            _totals.Encode(encoded.AsSpan(1));
            return (_sequence, encoded);
        }
    }

    /// <summary>Takes saved totals over. False when they make no sense; nothing is changed then.</summary>
    internal bool TryDecode(ReadOnlySpan<byte> encoded, long sequence)
    {
        if (encoded.IsEmpty || encoded[0] != Version || StreamCounters.TryDecode(encoded[1..], CountersEach, out _) is not { } read)
        {
            return false;
        }
        lock (_lock)
        {
            (_totals, _sequence) = (read, sequence);
        }
        return true;
    }

    private void AddNeedsLock(string stream, long events, long bytes)
    {
        var index = _totals.Find(stream);
        index = index < 0 ? _totals.Add(stream) : index;
        _totals[index, Events] += events;
        _totals[index, Bytes] += bytes;
        Interlocked.Add(ref _bytes, bytes);
    }
}

/// <summary>What one stream was promised.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Events">Events accepted.</param>
/// <param name="Bytes">Bytes of encoded events accepted.</param>
public readonly record struct StreamTotal(string Stream, long Events, long Bytes);
