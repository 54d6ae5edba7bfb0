using System.Buffers.Binary;
using System.IO.Compression;
using ICSharpCode.SharpZipLib.Checksum;
using Ingest.Intake.Body;

namespace Ingest.Tests.Intake.Compression;

/// <summary>What a generated body has that an encoder does not make.</summary>
internal enum BodyDefect
{
    None,
    JunkBetween,
    JunkBehind,
    Padding,
    Cut,
    Flip,
}

/// <summary>A compressed body made from a seed: members, defects, and an encoding on top of it or none.</summary>
internal sealed class CompressedBody
{
    private static readonly byte[] EmptyDeflate = [3, 0];

    private readonly Random _random;

    internal CompressedBody(int seed)
    {
        _random = new Random(seed);
        Encoding = (ContentEncoding)_random.Next(4);
        IsBare = Encoding == ContentEncoding.Deflate && _random.Next(2) == 0;
        var several = Encoding is ContentEncoding.GZip or ContentEncoding.Zstd || _random.Next(4) == 0;
        var members = Enumerable.Range(0, several ? _random.Next(1, 5) : 1).Select(_ => Draw()).ToArray();
        Defect = _random.Next(3) == 0 ? BodyDefect.None : (BodyDefect)_random.Next(6);
        Content = [.. members.SelectMany(member => member)];
        Bytes = Break(members.Select(Compress).ToArray());
        // The formats of one stream have no second one.
        IsWhole = Defect == BodyDefect.None && (members.Length == 1 || Encoding is ContentEncoding.GZip or ContentEncoding.Zstd);
        Outer = _random.Next(3) == 0 ? (ContentEncoding)_random.Next(4) : null;
        Sent = Outer is { } outer ? Compress(outer, Bytes, bare: false) : Bytes;
    }

    internal ContentEncoding Encoding { get; }

    /// <summary>Whether deflate is without the frame of zlib.</summary>
    internal bool IsBare { get; }

    internal BodyDefect Defect { get; }

    /// <summary>What the members hold, one after another.</summary>
    internal byte[] Content { get; }

    /// <summary>The layer with the defect.</summary>
    internal byte[] Bytes { get; }

    /// <summary>Whether the layer is what its format allows, as it was made.</summary>
    internal bool IsWhole { get; }

    /// <summary>Another encoding around that layer, without defect.</summary>
    internal ContentEncoding? Outer { get; }

    /// <summary>What is sent.</summary>
    internal byte[] Sent { get; }

    internal ContentEncoding[] Encodings => Outer is { } outer ? [Encoding, outer] : [Encoding];

    public override string ToString() =>
        $"{Encoding}{(IsBare ? " (bare)" : "")}, {Defect}, in {Outer?.ToString() ?? "nothing"}, {Bytes.Length} bytes";

    private byte[] Draw()
    {
        var bytes = new byte[_random.Next(4) == 0 ? _random.Next(40) : _random.Next(3000)];
        switch (_random.Next(3))
        {
            case 0:
                _random.NextBytes(bytes);
                break;
            case 1:
                // What begins like a member, in the middle of data that does not compress.
                _random.NextBytes(bytes);
                for (var at = 0; at + 4 < bytes.Length; at += 97)
                {
                    ((ReadOnlySpan<byte>)[0x1F, 0x8B, 8, 0]).CopyTo(bytes.AsSpan(at));
                }
                break;
            default:
                for (var at = 0; at < bytes.Length; at++)
                {
                    bytes[at] = (byte)"{\"n\":1234567890}\n"[(at + _random.Next(2)) % 17];
                }
                break;
        }
        return bytes;
    }

    private byte[] Compress(byte[] content) => Compress(Encoding, content, IsBare);

    private byte[] Compress(ContentEncoding encoding, byte[] content, bool bare)
    {
        if (encoding == ContentEncoding.Zstd)
        {
            using var zstd = new ZstdSharp.Compressor(_random.Next(1, 6));
            zstd.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, _random.Next(2));
            byte[] frame = zstd.Wrap(content).ToArray();
            return _random.Next(4) == 0 ? [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3, .. frame] : frame;
        }
        if (encoding == ContentEncoding.GZip)
        {
            return Member(content);
        }
        return encoding switch
        {
            ContentEncoding.Brotli => Compress(content, [6], (output, level) => new BrotliStream(output, Quick(level), leaveOpen: true)),
            _ when bare => Compress(content, EmptyDeflate, (output, level) => new DeflateStream(output, level, leaveOpen: true)),
            _ => Compress(content, [0x78, 0x9C, 3, 0, 0, 0, 0, 1], (output, level) => new ZLibStream(output, level, leaveOpen: true)),
        };
    }

    // Brotli's smallest takes a hundred times as long.
    private static CompressionLevel Quick(CompressionLevel level) => level == CompressionLevel.SmallestSize
        ? CompressionLevel.Fastest : level;

    private byte[] Compress(byte[] content, byte[] empty, Func<Stream, CompressionLevel, Stream> open)
    {
        using var output = new MemoryStream();
        using (var stream = open(output, (CompressionLevel)_random.Next(4)))
        {
            var half = _random.Next(content.Length + 1);
            stream.Write(content, 0, half);
            if (_random.Next(3) == 0)
            {
                stream.Flush();
            }
            stream.Write(content, half, content.Length - half);
        }
        // The framework writes nothing at all for nothing.
        return output.Length == 0 ? empty : output.ToArray();
    }

    /// <summary>A member of gzip with whatever its header may have.</summary>
    private byte[] Member(byte[] content)
    {
        var flags = _random.Next(3) == 0 ? _random.Next(32) : 0;
        List<byte> member = [0x1F, 0x8B, 8, (byte)flags, 1, 2, 3, 4, 0, 255];
        if ((flags & 4) != 0)
        {
            member.AddRange([5, 0, 0x1F, 0x8B, 8, 0, 9]);
        }
        if ((flags & 8) != 0)
        {
            member.AddRange("events.ndjson\0"u8);
        }
        if ((flags & 16) != 0)
        {
            member.AddRange("\0"u8);
        }
        if ((flags & 2) != 0)
        {
            member.AddRange(Number(Sum([.. member]))[..2]);
        }
        member.AddRange(Compress(content, EmptyDeflate, (output, level) => new DeflateStream(output, level, leaveOpen: true)));
        member.AddRange(Number(Sum(content)));
        member.AddRange(Number((uint)content.Length));
        return [.. member];
    }

    private byte[] Break(byte[][] members)
    {
        var whole = members.SelectMany(member => member).ToArray();
        switch (Defect)
        {
            case BodyDefect.JunkBetween:
                return [.. members[0], .. Junk(), .. members[0], .. Junk(), .. members[0]];
            case BodyDefect.JunkBehind:
                return [.. whole, .. Junk()];
            case BodyDefect.Padding:
                return [.. whole, .. new byte[_random.Next(1, 600)]];
            case BodyDefect.Cut:
                return Cut(members);
            case BodyDefect.Flip:
                whole[_random.Next(whole.Length)] ^= (byte)(1 << _random.Next(8));
                return whole;
            default:
                return whole;
        }
    }

    /// <summary>Takes bytes off the end of the last member, never all of them: those before it alone could be a whole body.</summary>
    private byte[] Cut(byte[][] members)
    {
        var last = Array.FindLastIndex(members, member => member.Length > 1);
        return last < 0
            ? []
            : [.. members[..last].SelectMany(member => member), .. members[last][..^_random.Next(1, Math.Min(members[last].Length, 8))]];
    }

    private byte[] Junk()
    {
        var junk = _random.Next(3) switch
        {
            0 => "\n"u8.ToArray(),
            1 => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3],
            _ => new byte[_random.Next(1, 40)],
        };
        if (junk.Length > 10)
        {
            _random.NextBytes(junk);
        }
        return junk;
    }

    internal static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = new Crc32();
        sum.Update(new ArraySegment<byte>(bytes.ToArray()));
        return (uint)sum.Value;
    }

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
