using System.Buffers.Binary;

namespace Ingest.Publishing.Accounting;

/// <summary>
/// Events that were delivered ahead of a saved position, while an earlier one waited: after a restart they are passed over, so that no more
/// is delivered twice than between two saves. Saved behind the accounts: <c>u16 runs</c>, and for each run the events between it and the
/// one before (or the position) and its length, as LEB128. Behind them, where there is any, <c>i64</c>, the highest of the
/// <see cref="DoubtfulEvents"/>, and behind that, while <see cref="IDeadLetterStore.Beginning"/> says so, <c>i64</c>, where the lane began.
/// </summary>
internal sealed class AheadRuns
{
    /// <summary>Most bytes they take: more runs than fit are not saved, and their events delivered once more after a crash.</summary>
    internal const int BytesMax = 24 * 1024;

    private const int RunBytesMax = 20;

    private readonly List<(long First, long Last)> _runs = [];

    // Events are asked for in order.
    private int _next;

    /// <summary>None is left.</summary>
    internal bool IsEmpty => _next >= _runs.Count;

    /// <summary>Whether an event was delivered. Ask in ascending order.</summary>
    internal bool Contains(long sequence)
    {
        while (_next < _runs.Count && _runs[_next].Last < sequence)
        {
            _next++;
        }
        return _next < _runs.Count && sequence >= _runs[_next].First;
    }

    /// <summary>The highest doubtful event that was saved behind the runs; 0: none.</summary>
    internal long DoubtfulUpTo { get; private set; }

    /// <summary>Where the lane began whose dead letters may be void; null: none is.</summary>
    internal long? Beginning { get; private set; }

    /// <summary>The saved form with what is noted behind it.</summary>
    internal static byte[] WithNotes(byte[] runs, long doubtfulUpTo, long? beginning)
    {
        if (doubtfulUpTo == 0 && beginning is null)
        {
            return runs;
        }
        var at = Math.Max(runs.Length, sizeof(ushort));
        var whole = new byte[at + (beginning is null ? sizeof(long) : 2 * sizeof(long))];
        runs.CopyTo(whole, 0);
        BinaryPrimitives.WriteInt64LittleEndian(whole.AsSpan(at), doubtfulUpTo);
        if (beginning is { } highWater)
        {
            BinaryPrimitives.WriteInt64LittleEndian(whole.AsSpan(at + sizeof(long)), highWater);
        }
        return whole;
    }

    /// <summary>Encodes as many runs as fit.</summary>
    internal static byte[] Encode(IReadOnlyList<(long Gap, long Length)> runs)
    {
        Span<byte> encoded = new byte[BytesMax];
        var (used, count) = (sizeof(ushort), 0);
        foreach (var (gap, length) in runs)
        {
            if (used + RunBytesMax > encoded.Length || count == ushort.MaxValue)
            {
                break;
            }
            used += Write(encoded[used..], gap);
            used += Write(encoded[used..], length);
            count++;
        }
        BinaryPrimitives.WriteUInt16LittleEndian(encoded, (ushort)count);
        return count == 0 ? [] : encoded[..used].ToArray();
    }

    /// <summary>Reads what was saved; what lies above <paramref name="last"/>, or makes no sense, is left out.</summary>
    internal static AheadRuns Decode(ReadOnlySpan<byte> encoded, long settled, long last)
    {
        var ahead = new AheadRuns();
        if (encoded.Length < sizeof(ushort))
        {
            return ahead;
        }
        int count = BinaryPrimitives.ReadUInt16LittleEndian(encoded);
        var (at, position) = (sizeof(ushort), settled);
        for (var i = 0; i < count && TryRead(encoded, ref at, out var gap) && TryRead(encoded, ref at, out var length); i++)
        {
            if (gap < 0 || length < 1 || gap > last - position || length > last - position - gap)
            {
                break;
            }
            var (first, end) = (position + gap + 1, position + gap + length);
            ahead._runs.Add((first, end));
            position = end;
        }
        ahead.ReadNotes(encoded[at..]);
        return ahead;
    }

    private void ReadNotes(ReadOnlySpan<byte> notes)
    {
        if (notes.Length is sizeof(long) or 2 * sizeof(long))
        {
            DoubtfulUpTo = BinaryPrimitives.ReadInt64LittleEndian(notes);
            Beginning = notes.Length > sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(notes[sizeof(long)..]) : null;
        }
    }

    private static int Write(Span<byte> into, long value)
    {
        var used = 0;
        for (; value > 0x7f; value >>= 7)
        {
            into[used++] = (byte)((value & 0x7f) | 0x80);
        }
        into[used++] = (byte)value;
        return used;
    }

    private static bool TryRead(ReadOnlySpan<byte> encoded, ref int at, out long value)
    {
        value = 0;
        for (var shift = 0; shift < 63 && at < encoded.Length; shift += 7)
        {
            var part = encoded[at++];
            value |= (long)(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
            {
                return true;
            }
        }
        return false;
    }
}
