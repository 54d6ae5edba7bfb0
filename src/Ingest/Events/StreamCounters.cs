using System.Buffers.Binary;
using System.Text;

namespace Ingest.Events;

/// <summary>
/// Counters per stream, the same number for each. Bounded: streams beyond <see cref="StreamsMax"/> are counted together
/// as <see cref="Other"/>. Not thread-safe: the owner locks. Exactly one thread adds streams; that thread may call Find
/// without the lock, no other may.
/// </summary>
/// <remarks>
/// Encoding, little-endian: <c>u16 streams · per stream: u8 name bytes, one i64 per counter, name</c>. A stream keeps
/// its index when it is encoded and read back.
/// </remarks>
internal sealed class StreamCounters
{
    /// <summary>Most streams with counters of their own.</summary>
    internal const int StreamsMax = 256;

    /// <summary>The name under which all further streams are counted.</summary>
    internal const string Other = "(other)";

    private const int OtherIndex = 0;

    private readonly int _countersEach;
    private readonly long[] _counters;
    private readonly List<string> _names = [Other];
    private readonly List<byte[]> _encodedNames = [Encoding.Latin1.GetBytes(Other)];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal) { [Other] = OtherIndex };

    // Index of the last stream found by its bytes. Consecutive events usually belong to the same stream, which saves
    // the dictionary lookup.
    private int _recent;

    /// <param name="countersEach">Counters of each stream.</param>
    internal StreamCounters(int countersEach)
    {
        _countersEach = countersEach;
        _counters = new long[(StreamsMax + 1) * countersEach];
    }

    /// <summary>Number of streams so far, <see cref="Other"/> included; valid indexes are 0 to Count - 1.</summary>
    internal int Count => _names.Count;

    /// <summary>Bytes that <see cref="Encode"/> writes.</summary>
    internal int EncodedBytes => sizeof(ushort) + _encodedNames.Sum(name => EntryFixedBytes + name.Length);

    private int EntryFixedBytes => 1 + (sizeof(long) * _countersEach);

    /// <summary>A counter of a stream.</summary>
    internal ref long this[int stream, int counter] => ref _counters[(stream * _countersEach) + counter];

    /// <summary>The name of a stream.</summary>
    internal string NameOf(int stream) => _names[stream];

    /// <summary>True if any counter of a stream is not zero.</summary>
    internal bool HasCounts(int stream) => _counters.AsSpan(stream * _countersEach, _countersEach).ContainsAnyExcept(0);

    /// <summary>The index of a stream by the bytes of its name; -1 when it is not counted yet.</summary>
    internal int Find(ReadOnlySpan<byte> name)
    {
        if (_encodedNames[_recent].AsSpan().SequenceEqual(name))
        {
            return _recent;
        }
        Span<char> characters = stackalloc char[byte.MaxValue];
        var found = Find(characters[..Encoding.Latin1.GetChars(name, characters)]);
        _recent = Math.Max(found, OtherIndex);
        return found;
    }

    /// <summary>The index of a stream by its name; -1 when it is not counted yet.</summary>
    internal int Find(ReadOnlySpan<char> name) =>
        _index.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var known) ? known : -1;

    /// <summary>Begins to count a stream that is not counted yet, and returns its index; that of <see cref="Other"/> when full.</summary>
    internal int Add(string name)
    {
        if (_names.Count > StreamsMax)
        {
            return OtherIndex;
        }
        _names.Add(name);
        _encodedNames.Add(Encoding.Latin1.GetBytes(name));
        return _index[name] = _names.Count - 1;
    }

    /// <summary>Writes every stream in the order of their indexes.</summary>
    /// <param name="target">At least <see cref="EncodedBytes"/> long.</param>
    internal void Encode(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)_names.Count);
        var rest = target[sizeof(ushort)..];
        for (var stream = 0; stream < _names.Count; stream++)
        {
            var name = _encodedNames[stream];
            rest[0] = (byte)name.Length;
            for (var counter = 0; counter < _countersEach; counter++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(rest[(1 + (sizeof(long) * counter))..], this[stream, counter]);
            }
            name.CopyTo(rest[EntryFixedBytes..]);
            rest = rest[(EntryFixedBytes + name.Length)..];
        }
    }

    /// <summary>Reads counters that were encoded; null when the input is truncated.</summary>
    /// <param name="encoded">Begins with the counters.</param>
    /// <param name="countersEach">Counters of each stream.</param>
    /// <param name="rest">The bytes after the counters.</param>
    internal static StreamCounters? TryDecode(ReadOnlySpan<byte> encoded, int countersEach, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        if (encoded.Length < sizeof(ushort))
        {
            return null;
        }
        var read = new StreamCounters(countersEach);
        var streams = BinaryPrimitives.ReadUInt16LittleEndian(encoded);
        rest = encoded[sizeof(ushort)..];
        for (var i = 0; i < streams; i++)
        {
            if (rest.Length < read.EntryFixedBytes || rest.Length < read.EntryFixedBytes + rest[0])
            {
                return null;
            }
            rest = rest[read.DecodeEntry(rest)..];
        }
        return read;
    }

    private int DecodeEntry(ReadOnlySpan<byte> entry)
    {
        var name = Encoding.Latin1.GetString(entry.Slice(EntryFixedBytes, entry[0]));
        var stream = Find(name);
        stream = stream < 0 ? Add(name) : stream;
        for (var counter = 0; counter < _countersEach; counter++)
        {
            this[stream, counter] += BinaryPrimitives.ReadInt64LittleEndian(entry[(1 + (sizeof(long) * counter))..]);
        }
        return EntryFixedBytes + entry[0];
    }
}
