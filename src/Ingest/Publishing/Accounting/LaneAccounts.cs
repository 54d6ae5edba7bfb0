using System.Buffers.Binary;
using System.Text;
using Ingest.Events;
using Ingest.Publishing.Requeue;

namespace Ingest.Publishing.Accounting;

/// <summary>
/// What became of every event up to a lane's settled position, per stream. It is saved in the cursor's annotation, so position and counts
/// are always of one moment: settled − start = delivered + dead-lettered + lost + parked, not counting numbers that were never given
/// out.
/// </summary>
/// <remarks>
/// The lane loop writes under the lock, any thread reads under it. Events a rewind delivers once more are counted as repeated and change
/// nothing else. Encoding, little-endian: <c>u8 version · i64 start · i64 high water · i64 lost · i64 repeated · i64 requeues applied ·
/// i64 recovered · i64 parked resolutions applied</c>, then <see cref="StreamCounters"/> with three counters each, delivered,
/// dead-lettered and parked, and behind them what was delivered ahead of the position (<see cref="AheadRuns"/>).
/// </remarks>
public sealed class LaneAccounts
{
    private const byte Version = 4;
    private const int HeadBytes = 57;
    private const int Delivered = 0;
    private const int DeadLettered = 1;
    private const int Parked = 2;
    private const int CountersEach = 3;

    private readonly Lock _lock = new();
    private readonly StreamCounters _streams;

    // The lane begins behind this position: everything up to here was reclaimed before the lane existed.
    private readonly long _start;

    // The highest position ever settled; a rewind leaves it where it is.
    private long _highWater;
    private long _lost;
    private long _repeated;
    private long _recovered;

    // Position of the last requeue settlement that was taken.
    private long _requeuesApplied;

    internal LaneAccounts(long start)
        : this(start, new StreamCounters(CountersEach))
    {
    }

    private LaneAccounts(long start, StreamCounters streams) => (_start, _highWater, _streams) = (start, start, streams);

    /// <summary>The lane begins behind this event. Any thread.</summary>
    internal long Start => _start;

    /// <summary>Settled events that were neither delivered nor are kept elsewhere. Any thread.</summary>
    internal DoubtfulEvents Doubtful { get; } = new();

    internal Lock Lock => _lock;

    /// <summary>Events that could not be read from the log.</summary>
    public long Lost => Snapshot().Lost;

    /// <summary>Everything up to here was settled at least once.</summary>
    public long HighWater
    {
        get
        {
            lock (_lock)
            {
                return _highWater;
            }
        }
    }

    /// <summary>Adds a settled event. Sequence numbers come in order, except that a rewind goes back.</summary>
    internal void AddNeedsLock(long sequence, int stream, Settlement settlement)
    {
        if (sequence <= _highWater)
        {
            _repeated++;
            return;
        }
        _highWater = sequence;
        switch (settlement)
        {
            case Settlement.Delivered:
                _streams[stream, Delivered]++;
                break;
            case Settlement.DeadLettered:
                _streams[stream, DeadLettered]++;
                break;
            case Settlement.Parked:
                _streams[stream, Parked]++;
                break;
            default:
                Doubtful.Raise(sequence);
                _lost++;
                break;
        }
    }

    /// <summary>Passes over numbers that were never given out: they are counted as nothing.</summary>
    internal void SkipNeedsLock(long last) => _highWater = Math.Max(_highWater, last);

    /// <summary>Position of the last record of the parked log that was taken: 0 before the first. Lane loop only.</summary>
    internal long ParkedApplied { get; set; }

    /// <summary>Parked events of a stream. Lane loop only.</summary>
    internal long ParkedOf(int stream) => _streams[stream, Parked];

    /// <summary>Streams with parked events, and how many. Lane loop only.</summary>
    internal List<(int Stream, long Parked)> ParkedByStream() =>
        [.. Enumerable.Range(0, _streams.Count).Where(i => _streams[i, Parked] > 0).Select(i => (i, _streams[i, Parked]))];

    /// <summary>A parked event was delivered or dead-lettered. Lane loop only.</summary>
    internal void ResolveParked(int stream, Settlement settlement)
    {
        lock (_lock)
        {
            if (_streams[stream, Parked] == 0)
            {
                _repeated++;
                return;
            }
            _streams[stream, Parked]--;
            _streams[stream, settlement == Settlement.Delivered ? Delivered : DeadLettered]++;
        }
    }

    /// <summary>Parked events are gone from their log. Lane loop only.</summary>
    internal void LoseParked(int stream, long events)
    {
        lock (_lock)
        {
            Doubtful.Raise(_highWater);
            _streams[stream, Parked] -= events;
            _lost += events;
        }
    }

    /// <summary>The last requeue settlement taken: 0 before the first. Lane loop only.</summary>
    internal long RequeuesApplied => _requeuesApplied;

    /// <summary>
    /// Dead letters were delivered after all; those the accounts do not know of count as repeated. A settlement taken before changes
    /// nothing, so they may be offered again after a restart. Lane loop only. Returns whether it was new.
    /// </summary>
    internal bool AddRequeued(RequeueSettlement settlement)
    {
        if (settlement.Position <= _requeuesApplied)
        {
            return false;
        }
        Span<byte> name = stackalloc byte[byte.MaxValue];
        foreach (var letter in settlement.Letters)
        {
            var stream = StreamIndex(name[..Encoding.Latin1.GetBytes(letter.Stream, name)]);
            lock (_lock)
            {
                var moved = letter.IsCounted && _streams[stream, DeadLettered] > 0 ? 1 : 0;
                _streams[stream, DeadLettered] -= moved;
                _streams[stream, Delivered] += moved;
                _repeated += 1 - moved;
                _recovered += moved;
            }
        }
        _requeuesApplied = settlement.Position;
        return true;
    }

    /// <summary>The number a stream is counted under. Lane loop only: no one else adds streams.</summary>
    internal int StreamIndex(ReadOnlySpan<byte> name)
    {
        var known = _streams.Find(name);
        if (known >= 0)
        {
            return known;
        }
        lock (_lock)
        {
            return _streams.Add(Encoding.Latin1.GetString(name));
        }
    }

    internal AccountsSnapshot Snapshot()
    {
        lock (_lock)
        {
            var streams = Enumerable.Range(0, _streams.Count).Where(_streams.HasCounts).Select(AccountNeedsLock).ToList();
            return new(_start, _highWater, _lost, _repeated, _recovered, streams);
        }
    }

    internal byte[] Encode()
    {
        lock (_lock)
        {
            var encoded = new byte[HeadBytes + _streams.EncodedBytes];
            encoded[0] = Version;
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(1), _start);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(9), _highWater);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(17), _lost);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(25), _repeated);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(33), _requeuesApplied);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(41), _recovered);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(49), ParkedApplied);
            _streams.Encode(encoded.AsSpan(HeadBytes));
            return encoded;
        }
    }

    /// <summary>Reads saved accounts; null when they make no sense to this version.</summary>
    internal static LaneAccounts? TryDecode(ReadOnlySpan<byte> encoded) => TryDecode(encoded, out _);

    /// <summary>Reads saved accounts, and what stands behind them; null when they make no sense to this version.</summary>
    internal static LaneAccounts? TryDecode(ReadOnlySpan<byte> encoded, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        if (encoded.Length < HeadBytes || encoded[0] != Version
            || StreamCounters.TryDecode(encoded[HeadBytes..], CountersEach, out rest) is not { } streams)
        {
            return null;
        }
        return new LaneAccounts(BinaryPrimitives.ReadInt64LittleEndian(encoded[1..]), streams)
        {
            _highWater = BinaryPrimitives.ReadInt64LittleEndian(encoded[9..]),
            _lost = BinaryPrimitives.ReadInt64LittleEndian(encoded[17..]),
            _repeated = BinaryPrimitives.ReadInt64LittleEndian(encoded[25..]),
            _requeuesApplied = BinaryPrimitives.ReadInt64LittleEndian(encoded[33..]),
            _recovered = BinaryPrimitives.ReadInt64LittleEndian(encoded[41..]),
            ParkedApplied = BinaryPrimitives.ReadInt64LittleEndian(encoded[49..]),
        };
    }

    private StreamAccount AccountNeedsLock(int stream) => new(
        _streams.NameOf(stream), _streams[stream, Delivered], _streams[stream, DeadLettered], _streams[stream, Parked]);
}
