using System.Buffers.Binary;

namespace Ingest.Fuzz.Engine;

/// <summary>Makes inputs of others by lot: bits, bytes, numbers, words, pieces moved, doubled, cut, and halves of two inputs.</summary>
internal sealed class Mutation(Random lots, IReadOnlyList<byte[]> words)
{
    private const int StepsMax = 6;

    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 65535, 65536, int.MaxValue, int.MinValue, long.MaxValue];

    /// <summary>A child of <paramref name="parent"/>, or of it and <paramref name="other"/>.</summary>
    internal byte[] Make(byte[] parent, byte[] other)
    {
        var bytes = new List<byte>(parent);
        if (lots.Next(8) == 0)
        {
            var (cut, from) = (lots.Next(bytes.Count + 1), lots.Next(other.Length + 1));
            bytes.RemoveRange(cut, bytes.Count - cut);
            bytes.AddRange(other[from..]);
        }
        for (var step = 1 + lots.Next(StepsMax); step > 0; step--)
        {
            Change(bytes, other);
        }
        if (bytes.Count > FuzzTarget.InputBytesMax)
        {
            bytes.RemoveRange(FuzzTarget.InputBytesMax, bytes.Count - FuzzTarget.InputBytesMax);
        }
        return [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = lots.Next(bytes.Count + 1);
        var count = Math.Min(bytes.Count - at, 1 + lots.Next(lots.Next(4) == 0 ? 64 : 8));
        switch (lots.Next(10))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << lots.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)lots.Next(256);
                break;
            case 2 when at < bytes.Count:
                bytes[at] += (byte)(lots.Next(2) == 0 ? 1 : -1);
                break;
            case 3:
                bytes.RemoveRange(at, count);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, count));
                break;
            case 5:
                bytes.Insert(at, (byte)lots.Next(256));
                break;
            case 6:
                Write(bytes, at, Number());
                break;
            case 7 when other.Length > 0:
                var from = lots.Next(other.Length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + 1 + lots.Next(32))]);
                break;
            case 8 when words.Count > 0:
                Write(bytes, at, words[lots.Next(words.Count)]);
                break;
            default:
                bytes.InsertRange(at, words.Count > 0 ? words[lots.Next(words.Count)] : Number());
                break;
        }
    }

    /// <summary>Over what is there, and behind it where that is too short.</summary>
    private static void Write(List<byte> bytes, int at, byte[] piece)
    {
        bytes.RemoveRange(at, Math.Min(piece.Length, bytes.Count - at));
        bytes.InsertRange(at, piece);
    }

    private byte[] Number()
    {
        var bytes = new byte[sizeof(long)];
        var number = Numbers[lots.Next(Numbers.Length)] + (lots.Next(4) == 0 ? lots.Next(-3, 4) : 0);
        if (lots.Next(4) == 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes, number);
            return bytes[^(1 << lots.Next(4))..];
        }
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes[..(1 << lots.Next(4))];
    }
}
