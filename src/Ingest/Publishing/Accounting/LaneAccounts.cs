using System.Buffers.Binary;
using System.Text;
using Ingest.Publishing.Requeue;

namespace Ingest.Publishing.Accounting;

/// <summary>
/// What became of every event up to a lane's settled position, per stream. It is saved in the cursor's annotation, so position and counts
/// are always of one moment: settled − start = delivered + dead-lettered + lost + parked, not counting numbers that were never given
/// out.
/// </summary>
/// <remarks>
/// The lane loop writes under the lock, any thread reads under it. Events a rewind delivers once more are counted as repeated and change
/// nothing else. Encoding, little-endian: <c>u8 version (4) · i64 start · i64 high water · i64 lost · i64 repeated · i64 requeues applied ·
/// i64 recovered · i64 parked resolutions applied · u16 streams · per stream: u8 name bytes, i64 delivered, i64 dead-lettered, i64 parked,
/// name</c>, and behind it what was delivered ahead of the position (<see cref="AheadRuns"/>). Version 3 knew no parked events, version 2
/// did not count what was recovered, version 1 knew no requeues.
/// </remarks>
public sealed class LaneAccounts
{
    /// <summary>Streams counted apart.</summary>
    public const int StreamsMax = 256;

    /// <summary>The name under which all further streams are counted.</summary>
    public const string Other = "(other)";

    private const byte Version = 4;
    private const byte VersionWithRecovered = 3;
    private const byte VersionWithRequeues = 2;
    private const byte VersionWithoutRequeues = 1;
    private const int HeadBytes = 59;
    private const int HeadBytesWithRecovered = 51;
    private const int HeadBytesWithRequeues = 43;
    private const int HeadBytesWithoutRequeues = 35;
    private const int EntryFixedBytes = 25;
    private const int EntryFixedBytesWithoutParked = 17;
    private const int OtherIndex = 0;

    private readonly Lock _lock = new();
    private readonly List<AccountEntry> _entries = [new(Other, Encoding.ASCII.GetBytes(Other))];

    // Lane loop only.
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private int _recent;

    // The lane begins behind this position: everything up to here was reclaimed before the lane existed.
    private readonly long _start;

    // The highest position ever settled; a rewind leaves it where it is.
    private long _highWater;
    private long _lost;
    private long _repeated;
    private long _recovered;

    // Position of the last requeue settlement that was taken.
    private long _requeuesApplied;

    internal LaneAccounts(long start) => (_start, _highWater) = (start, start);

    internal Lock Lock => _lock;

    /// <summary>Events that could not be read from the log.</summary>
    public long Lost
    {
        get
        {
            lock (_lock)
            {
                return _lost;
            }
        }
    }

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
                _entries[stream].Delivered++;
                break;
            case Settlement.DeadLettered:
                _entries[stream].DeadLettered++;
                break;
            case Settlement.Parked:
                _entries[stream].Parked++;
                break;
            default:
                _lost++;
                break;
        }
    }

    /// <summary>Passes over numbers that were never given out: they are counted as nothing.</summary>
    internal void SkipNeedsLock(long last) => _highWater = Math.Max(_highWater, last);

    /// <summary>Position of the last record of the parked log that was taken: 0 before the first. Lane loop only.</summary>
    internal long ParkedApplied { get; set; }

    /// <summary>Parked events of a stream. Lane loop only.</summary>
    internal long ParkedOf(int stream) => _entries[stream].Parked;

    /// <summary>Streams with parked events, and how many. Lane loop only.</summary>
    internal List<(int Stream, long Parked)> ParkedByStream() =>
        [.. Enumerable.Range(0, _entries.Count).Where(i => _entries[i].Parked > 0).Select(i => (i, _entries[i].Parked))];

    /// <summary>A parked event was delivered or dead-lettered. Lane loop only.</summary>
    internal void ResolveParked(int stream, Settlement settlement)
    {
        lock (_lock)
        {
            var entry = _entries[stream];
            if (entry.Parked == 0)
            {
                _repeated++;
                return;
            }
            entry.Parked--;
            entry.Delivered += settlement == Settlement.Delivered ? 1 : 0;
            entry.DeadLettered += settlement == Settlement.Delivered ? 0 : 1;
        }
    }

    /// <summary>Parked events are gone from their log. Lane loop only.</summary>
    internal void LoseParked(int stream, long events)
    {
        lock (_lock)
        {
            _entries[stream].Parked -= events;
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
                var moved = letter.IsCounted && _entries[stream].DeadLettered > 0 ? 1 : 0;
                _entries[stream].DeadLettered -= moved;
                _entries[stream].Delivered += moved;
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
        if (_entries[_recent].NameUtf8.AsSpan().SequenceEqual(name))
        {
            return _recent;
        }
        Span<char> characters = stackalloc char[byte.MaxValue];
        var text = characters[..Encoding.Latin1.GetChars(name, characters)];
        if (_index.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var known))
        {
            return _recent = known;
        }
        if (_entries.Count > StreamsMax)
        {
            return OtherIndex;
        }
        lock (_lock)
        {
            _entries.Add(new(text.ToString(), name.ToArray()));
        }
        _index[text.ToString()] = _entries.Count - 1;
        return _recent = _entries.Count - 1;
    }

    internal AccountsSnapshot Snapshot()
    {
        lock (_lock)
        {
            var streams = _entries.Where(entry => entry.Delivered + entry.DeadLettered + entry.Parked > 0)
                .Select(entry => new StreamAccount(entry.Name, entry.Delivered, entry.DeadLettered, entry.Parked)).ToList();
            return new(_start, _highWater, _lost, _repeated, _recovered, streams);
        }
    }

    internal byte[] Encode()
    {
        lock (_lock)
        {
            var encoded = new byte[HeadBytes + _entries.Sum(entry => EntryFixedBytes + entry.NameUtf8.Length)];
            encoded[0] = Version;
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(1), _start);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(9), _highWater);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(17), _lost);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(25), _repeated);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(33), _requeuesApplied);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(41), _recovered);
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(49), ParkedApplied);
            BinaryPrimitives.WriteUInt16LittleEndian(encoded.AsSpan(57), (ushort)_entries.Count);
            var rest = encoded.AsSpan(HeadBytes);
            foreach (var entry in _entries)
            {
                rest[0] = (byte)entry.NameUtf8.Length;
                BinaryPrimitives.WriteInt64LittleEndian(rest[1..], entry.Delivered);
                BinaryPrimitives.WriteInt64LittleEndian(rest[9..], entry.DeadLettered);
                BinaryPrimitives.WriteInt64LittleEndian(rest[17..], entry.Parked);
                entry.NameUtf8.CopyTo(rest[EntryFixedBytes..]);
                rest = rest[(EntryFixedBytes + entry.NameUtf8.Length)..];
            }
            return encoded;
        }
    }

    /// <summary>Reads saved accounts; null when they make no sense to this version.</summary>
    internal static LaneAccounts? TryDecode(ReadOnlySpan<byte> encoded) => TryDecode(encoded, out _);

    /// <summary>Reads saved accounts, and what stands behind them; null when they make no sense to this version.</summary>
    internal static LaneAccounts? TryDecode(ReadOnlySpan<byte> encoded, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        var version = encoded.IsEmpty ? 0 : encoded[0];
        var headBytes = version switch
        {
            Version => HeadBytes,
            VersionWithRecovered => HeadBytesWithRecovered,
            VersionWithRequeues => HeadBytesWithRequeues,
            VersionWithoutRequeues => HeadBytesWithoutRequeues,
            _ => int.MaxValue,
        };
        if (encoded.Length < headBytes)
        {
            return null;
        }
        var accounts = new LaneAccounts(BinaryPrimitives.ReadInt64LittleEndian(encoded[1..]))
        {
            _highWater = BinaryPrimitives.ReadInt64LittleEndian(encoded[9..]),
            _lost = BinaryPrimitives.ReadInt64LittleEndian(encoded[17..]),
            _repeated = BinaryPrimitives.ReadInt64LittleEndian(encoded[25..]),
            _requeuesApplied = version >= VersionWithRequeues ? BinaryPrimitives.ReadInt64LittleEndian(encoded[33..]) : 0,
            _recovered = version >= VersionWithRecovered ? BinaryPrimitives.ReadInt64LittleEndian(encoded[41..]) : 0,
            ParkedApplied = version == Version ? BinaryPrimitives.ReadInt64LittleEndian(encoded[49..]) : 0,
        };
        var fixedBytes = version == Version ? EntryFixedBytes : EntryFixedBytesWithoutParked;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(encoded[(headBytes - sizeof(ushort))..]);
        accounts._entries.Clear();
        rest = encoded[headBytes..];
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < fixedBytes || rest.Length < fixedBytes + rest[0])
            {
                return null;
            }
            var name = rest.Slice(fixedBytes, rest[0]).ToArray();
            accounts._index[Encoding.Latin1.GetString(name)] = i;
            accounts._entries.Add(new(Encoding.Latin1.GetString(name), name)
            {
                Delivered = BinaryPrimitives.ReadInt64LittleEndian(rest[1..]),
                DeadLettered = BinaryPrimitives.ReadInt64LittleEndian(rest[9..]),
                Parked = version == Version ? BinaryPrimitives.ReadInt64LittleEndian(rest[17..]) : 0,
            });
            rest = rest[(fixedBytes + name.Length)..];
        }
        return count > 0 && accounts._entries[OtherIndex].Name == Other ? accounts : null;
    }
}
