using System.Numerics;

namespace Ingest.Kafka;

/// <summary>
/// The binary part of a <see cref="Progress"/>: the floor; the runs above it, as their number and of each the gap before it and its length,
/// or as 0, the number of bytes and one bit an event from the floor on; the runs of owed events, as their number and of each the gap
/// before it and its length. Numbers are LEB128. Pure.
/// </summary>
internal static class ProgressBytes
{
    /// <summary>Most bytes: with the rest of the text, written as Base64, brokers take no more by default.</summary>
    internal const int BytesMax = 2_900;

    // Neither takes the other's room.
    private const int AboveBytesMax = 1_940;
    private const int OwedBytesMax = BytesMax - AboveBytesMax - (3 * NumberBytesMax);

    private const int NumberBits = 7;
    private const int BitsPerByte = 8;
    private const int NumberBytesMax = 10;

    // A gap and a length.
    private const int RunBytesMax = 2 * NumberBytesMax;

    // As many fit, above or owed, whatever their numbers are.
    private const int RunsSure = OwedBytesMax / RunBytesMax;

    /// <summary>The bytes.</summary>
    internal static byte[] Write(DeliveredNumbers delivered)
    {
        var bytes = new List<byte>();
        Add(bytes, delivered.Floor);
        if (RunBytes(delivered.Above, delivered.Floor) <= BitBytes(delivered.Last - delivered.Floor))
        {
            Add(bytes, delivered.Above.Count + 1);
            AddRuns(bytes, delivered.Above, delivered.Floor);
        }
        else
        {
            AddBits(bytes, delivered);
        }
        Add(bytes, delivered.Owed.Count);
        AddRuns(bytes, delivered.Owed, 0);
        return [.. bytes];
    }

    /// <summary>Whether they are no more than there may be when an event is added.</summary>
    internal static bool HaveRoomFor(DeliveredNumbers delivered, long sequence)
    {
        if (sequence <= delivered.Floor)
        {
            return delivered.Owed.Count < RunsSure
                || RunBytes(delivered.Owed, 0) + MoreFor(delivered.Owed, sequence) <= OwedBytesMax;
        }
        return delivered.Above.Count < RunsSure
            || BitBytes(Math.Max(sequence, delivered.Last) - delivered.Floor) <= AboveBytesMax
            || RunBytes(delivered.Above, delivered.Floor) + MoreFor(delivered.Above, sequence) <= AboveBytesMax;
    }

    /// <summary>How many further runs of owed events have room whatever their numbers are; 0 or less: none.</summary>
    internal static int RoomForOwed(DeliveredNumbers delivered) => (OwedBytesMax - RunBytes(delivered.Owed, 0)) / RunBytesMax;

    /// <summary>Reads them; null when they make no sense.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isWhole">What stands beside them.</param>
    /// <param name="isFirstVersion">Owed runs have their first number in place of the gap, and stand in any order.</param>
    internal static DeliveredNumbers? TryRead(ReadOnlySpan<byte> bytes, bool isWhole, bool isFirstVersion)
    {
        var at = 0;
        if (!TryTake(bytes, ref at, out var floor) || !TryTake(bytes, ref at, out var kind))
        {
            return null;
        }
        var delivered = new DeliveredNumbers(floor, isWhole);
        return (kind == 0 ? TryReadBits(bytes, ref at, delivered) : TryReadRuns(bytes, ref at, kind - 1, delivered.Above, floor))
            && TryTake(bytes, ref at, out var owed)
            && (isFirstVersion ? TryReadPlain(bytes, ref at, owed, delivered) : TryReadRuns(bytes, ref at, owed, delivered.Owed, 0))
            && at == bytes.Length && !(delivered.Owed.Last > floor)
                ? delivered
                : null;
    }

    private static int MoreFor(NumberRuns runs, long sequence) => runs.Joins(sequence) ? 1 : RunBytesMax;

    private static long BitBytes(long numbers) => ((numbers + BitsPerByte - 1) / BitsPerByte) + NumberBytesMax;

    private static int RunBytes(NumberRuns runs, long position)
    {
        var bytes = 0;
        for (var at = 0; at < runs.Count; at++)
        {
            var (first, last) = runs.All[at];
            bytes += NumberBytes(first - position - 1) + NumberBytes(last - first + 1);
            position = last;
        }
        return bytes;
    }

    private static int NumberBytes(long number) => (BitOperations.Log2((ulong)number | 1) / NumberBits) + 1;

    private static void AddRuns(List<byte> bytes, NumberRuns runs, long position)
    {
        foreach (var (first, last) in runs.All)
        {
            Add(bytes, first - position - 1);
            Add(bytes, last - first + 1);
            position = last;
        }
    }

    private static void AddBits(List<byte> bytes, DeliveredNumbers delivered)
    {
        var bits = new byte[(delivered.Last - delivered.Floor + BitsPerByte - 1) / BitsPerByte];
        foreach (var (first, last) in delivered.Above.All)
        {
            for (var sequence = first; sequence <= last; sequence++)
            {
                var bit = sequence - delivered.Floor - 1;
                bits[bit / BitsPerByte] |= (byte)(1 << (int)(bit % BitsPerByte));
            }
        }
        Add(bytes, 0);
        Add(bytes, bits.Length);
        bytes.AddRange(bits);
    }

    private static bool TryReadRuns(ReadOnlySpan<byte> bytes, ref int at, long count, NumberRuns runs, long position)
    {
        for (; count > 0; count--)
        {
            if (!TryTake(bytes, ref at, out var gap) || !TryTake(bytes, ref at, out var length) || length < 1
                || long.MaxValue - position - gap < length)
            {
                return false;
            }
            runs.Add(position + gap + 1, position + gap + length);
            position += gap + length;
        }
        return true;
    }
    private static bool TryReadBits(ReadOnlySpan<byte> bytes, ref int at, DeliveredNumbers delivered)
    {
        if (!TryTake(bytes, ref at, out var length) || length > bytes.Length - at)
        {
            return false;
        }
        for (var bit = 0; bit < length * BitsPerByte; bit++)
        {
            if ((bytes[at + (bit / BitsPerByte)] & (1 << (bit % BitsPerByte))) != 0)
            {
                delivered.Above.Add(delivered.Floor + bit + 1, delivered.Floor + bit + 1);
            }
        }
        at += (int)length;
        return true;
    }

    private static bool TryReadPlain(ReadOnlySpan<byte> bytes, ref int at, long count, DeliveredNumbers delivered)
    {
        for (; count > 0; count--)
        {
            if (!TryTake(bytes, ref at, out var first) || !TryTake(bytes, ref at, out var length) || length < 1 || first < 1
                || first > long.MaxValue - length)
            {
                return false;
            }
            // Those above the floor stand there too.
            if (first <= delivered.Floor)
            {
                delivered.Owed.Add(first, Math.Min(first + length - 1, delivered.Floor));
            }
        }
        return true;
    }

    private static void Add(List<byte> bytes, long number)
    {
        var value = (ulong)number;
        for (; value >= 1 << NumberBits; value >>= NumberBits)
        {
            bytes.Add((byte)(value | (1 << NumberBits)));
        }
        bytes.Add((byte)value);
    }

    private static bool TryTake(ReadOnlySpan<byte> bytes, ref int at, out long number)
    {
        ulong value = 0;
        for (var read = 0; read < NumberBytesMax && at < bytes.Length; read++)
        {
            var part = bytes[at++];
            value |= (ulong)(part & ((1 << NumberBits) - 1)) << (read * NumberBits);
            if (part < 1 << NumberBits)
            {
                number = (long)value;
                return number >= 0;
            }
        }
        number = 0;
        return false;
    }
}
