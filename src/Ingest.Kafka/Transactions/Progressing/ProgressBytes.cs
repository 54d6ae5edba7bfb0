namespace Ingest.Kafka;

/// <summary>
/// The binary part of a <see cref="Progress"/>: the floor; how many runs, and of each the gap before it and its length, or 0, the
/// number of bytes and one bit an event from the floor on; how many recent runs, and of each its first number and its length. Numbers are
/// LEB128. Pure.
/// </summary>
internal static class ProgressBytes
{
    private const int NumberBits = 7;
    private const int BitsPerByte = 8;
    private const int NumberBytesMax = 10;

    /// <summary>The bytes: at most 2,900.</summary>
    internal static byte[] Write(DeliveredNumbers delivered, RecentNumbers recent)
    {
        var bytes = new List<byte>();
        Add(bytes, delivered.Floor);
        if (delivered.Runs.Count <= DeliveredNumbers.RunsMax)
        {
            AddRuns(bytes, delivered);
        }
        else
        {
            AddBits(bytes, delivered);
        }
        Add(bytes, recent.Runs.Count);
        foreach (var (first, last) in recent.Runs)
        {
            Add(bytes, first);
            Add(bytes, last - first + 1);
        }
        return [.. bytes];
    }

    /// <summary>Reads them; null when they make no sense.</summary>
    internal static (DeliveredNumbers Delivered, RecentNumbers Recent)? TryRead(ReadOnlySpan<byte> bytes, bool isWhole)
    {
        var at = 0;
        if (!TryTake(bytes, ref at, out var floor) || !TryTake(bytes, ref at, out var kind))
        {
            return null;
        }
        var delivered = new DeliveredNumbers(floor, isWhole);
        var recent = new RecentNumbers();
        return (kind == 0 ? TryReadBits(bytes, ref at, delivered) : TryReadRuns(bytes, ref at, kind - 1, delivered))
            && TryReadRecent(bytes, ref at, recent) && at == bytes.Length
                ? (delivered, recent)
                : null;
    }

    private static void AddRuns(List<byte> bytes, DeliveredNumbers delivered)
    {
        Add(bytes, delivered.Runs.Count + 1);
        var position = delivered.Floor;
        foreach (var (first, last) in delivered.Runs)
        {
            Add(bytes, first - position - 1);
            Add(bytes, last - first + 1);
            position = last;
        }
    }

    private static void AddBits(List<byte> bytes, DeliveredNumbers delivered)
    {
        var bits = new byte[(delivered.Last - delivered.Floor + BitsPerByte - 1) / BitsPerByte];
        foreach (var (first, last) in delivered.Runs)
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

    private static bool TryReadRuns(ReadOnlySpan<byte> bytes, ref int at, long count, DeliveredNumbers delivered)
    {
        var position = delivered.Floor;
        for (; count > 0; count--)
        {
            if (!TryTake(bytes, ref at, out var gap) || !TryTake(bytes, ref at, out var length) || length < 1
                || long.MaxValue - position - gap < length)
            {
                return false;
            }
            delivered.Append(position + gap + 1, position + gap + length);
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
                delivered.Add(delivered.Floor + bit + 1);
            }
        }
        at += (int)length;
        return true;
    }

    private static bool TryReadRecent(ReadOnlySpan<byte> bytes, ref int at, RecentNumbers recent)
    {
        if (!TryTake(bytes, ref at, out var count))
        {
            return false;
        }
        for (; count > 0; count--)
        {
            if (!TryTake(bytes, ref at, out var first) || !TryTake(bytes, ref at, out var length) || length < 1)
            {
                return false;
            }
            recent.Append(first, first + length - 1);
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
