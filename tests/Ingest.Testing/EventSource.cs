using System.Buffers;
using System.Globalization;
using System.Text;

namespace Ingest.Testing;

/// <summary>
/// Events that can be told apart and checked without keeping them: the bytes of an event follow from its number alone, and its number is
/// the first run of digits in its bytes.
/// </summary>
/// <param name="seed">Chooses sizes and shapes.</param>
/// <param name="paddingMin">Bytes added to most events.</param>
public sealed class EventSource(int seed, int paddingMin = 0)
{
    /// <summary>The largest padding of an event, in bytes; rare.</summary>
    public const int PaddingMax = 48 * 1024;

    private readonly byte[] _filler = MakeFiller(PaddingMax + paddingMin);

    /// <summary>Writes event <paramref name="id"/> as a JSON value without line breaks.</summary>
    /// <remarks>Several spellings a parser would normalize: they must come back as they were sent.</remarks>
    public void WriteJson(long id, IBufferWriter<byte> output)
    {
        var hash = Hash(id);
        var number = id.ToString(CultureInfo.InvariantCulture);
        var padding = Padding(hash);
        switch (hash % 8)
        {
            case 0:
                Write(output, $$"""{ "n" : {{number}} , "price":1.10e+2,"text":"Grüße, 世界 \u00e9 \"\\\/\t","none":null, "pad" : " """);
                WriteFiller(output, padding);
                Write(output, "\"}");
                break;
            case 1:
                Write(output, $"\"n={number} ");
                WriteFiller(output, padding);
                Write(output, "\"");
                break;
            case 2:
                Write(output, $"{number}.50");
                break;
            default:
                Write(output, $$"""{"n":{{number}},"pad":" """);
                WriteFiller(output, padding);
                Write(output, "\"}");
                break;
        }
    }

    /// <summary>Writes event <paramref name="id"/> as bytes that are no text.</summary>
    public void WriteOpaque(long id, IBufferWriter<byte> output)
    {
        Write(output, string.Create(CultureInfo.InvariantCulture, $"n={id};"));
        output.Write((ReadOnlySpan<byte>)[0x00, 0xFF, 0x0A, 0xC3, 0x28, 0x0D]);
        WriteFiller(output, Padding(Hash(id)));
    }

    /// <summary>The number of the event these bytes claim to be; -1 when there is none in them.</summary>
    public static long ReadId(ReadOnlySpan<byte> payload)
    {
        var start = payload.IndexOfAnyInRange((byte)'0', (byte)'9');
        if (start < 0)
        {
            return -1;
        }
        var digits = payload[start..];
        var end = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1;
    }

    // Most events are small, one in 64 some KiB, one in 1,024 tens of KiB: frames of every size meet segment and group ends.
    private static int Padding(uint hash) => (hash >> 8) switch
    {
        var bits when bits % 1024 == 0 => (int)(bits / 1024 % PaddingMax),
        var bits when bits % 64 == 0 => (int)(bits / 64 % 4096),
        var bits => (int)(bits / 64 % 250),
    };

    private uint Hash(long id)
    {
        var mixed = (ulong)(id + ((long)seed << 40)) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        return (uint)(mixed >> 32);
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);

    private void WriteFiller(IBufferWriter<byte> output, int length) => output.Write(_filler.AsSpan(0, paddingMin + length));

    private static byte[] MakeFiller(int length)
    {
        var filler = new byte[length];
        for (var i = 0; i < filler.Length; i++)
        {
            filler[i] = (byte)('a' + (i % 23));
        }
        return filler;
    }
}
