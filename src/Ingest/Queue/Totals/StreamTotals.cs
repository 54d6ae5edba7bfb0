using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace Ingest.Queue.Totals;

/// <summary>
/// How many events and bytes each stream has been promised so far, over the whole life of the log. Bounded: streams beyond
/// <see cref="StreamsMax"/> are counted together as <see cref="Other"/>.
/// </summary>
/// <remarks>
/// The commit loop adds after each commit; upkeep saves. Encoding, little-endian:
/// <c>u8 version · u16 streams · per stream: u8 name bytes, i64 events, i64 bytes, name</c>.
/// </remarks>
public sealed class StreamTotals
{
    /// <summary>Streams counted apart.</summary>
    public const int StreamsMax = 256;

    /// <summary>The name under which all further streams are counted.</summary>
    public const string Other = "(other)";

    private const byte Version = 1;
    private const int EntryFixedBytes = 17;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Total> _totals = new(StringComparer.Ordinal);
    private long _sequence;
    private long _bytes;

    /// <summary>Bytes of encoded events counted since the process started. Any thread.</summary>
    internal long BytesCounted => Interlocked.Read(ref _bytes);

    /// <summary>Events and bytes of every stream, in no order. Any thread.</summary>
    public IReadOnlyList<StreamTotal> Snapshot() =>
        [.. _totals.Select(pair => pair.Value.Read(pair.Key))];

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
            var size = 3 + _totals.Keys.Sum(name => EntryFixedBytes + Encoding.UTF8.GetByteCount(name));
            var encoded = new byte[size];
            encoded[0] = Version;
            BinaryPrimitives.WriteUInt16LittleEndian(encoded.AsSpan(1), (ushort)_totals.Count);
            var rest = encoded.AsSpan(3);
            foreach (var (name, total) in _totals)
            {
                var nameBytes = Encoding.UTF8.GetBytes(name, rest[EntryFixedBytes..]);
                rest[0] = (byte)nameBytes;
                BinaryPrimitives.WriteInt64LittleEndian(rest[1..], total.Events);
                BinaryPrimitives.WriteInt64LittleEndian(rest[9..], total.Bytes);
                rest = rest[(EntryFixedBytes + nameBytes)..];
            }
            return (_sequence, encoded);
        }
    }

    /// <summary>Takes saved totals over. False when they make no sense; nothing is changed then.</summary>
    internal bool TryDecode(ReadOnlySpan<byte> encoded, long sequence)
    {
        if (encoded.Length < 3 || encoded[0] != Version)
        {
            return false;
        }
        var count = BinaryPrimitives.ReadUInt16LittleEndian(encoded[1..]);
        var rest = encoded[3..];
        var read = new Dictionary<string, Total>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < EntryFixedBytes || rest.Length < EntryFixedBytes + rest[0])
            {
                return false;
            }
            var name = Encoding.UTF8.GetString(rest.Slice(EntryFixedBytes, rest[0]));
            read[name] = new Total
            {
                Events = BinaryPrimitives.ReadInt64LittleEndian(rest[1..]),
                Bytes = BinaryPrimitives.ReadInt64LittleEndian(rest[9..]),
            };
            rest = rest[(EntryFixedBytes + rest[0])..];
        }
        lock (_lock)
        {
            foreach (var (name, total) in read)
            {
                _totals[name] = total;
            }
            _sequence = sequence;
        }
        return true;
    }

    private void AddNeedsLock(string stream, long events, long bytes)
    {
        if (!_totals.TryGetValue(stream, out var total))
        {
            total = _totals.GetOrAdd(_totals.Count < StreamsMax ? stream : Other, _ => new Total());
        }
        Interlocked.Add(ref total.Events, events);
        Interlocked.Add(ref total.Bytes, bytes);
        Interlocked.Add(ref _bytes, bytes);
    }

    private sealed class Total
    {
        internal long Events;
        internal long Bytes;

        internal StreamTotal Read(string stream) => new(stream, Interlocked.Read(ref Events), Interlocked.Read(ref Bytes));
    }
}

/// <summary>What one stream was promised.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Events">Events accepted.</param>
/// <param name="Bytes">Bytes of encoded events accepted.</param>
public readonly record struct StreamTotal(string Stream, long Events, long Bytes);
