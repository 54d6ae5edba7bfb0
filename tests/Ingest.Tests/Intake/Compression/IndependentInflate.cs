using System.Buffers.Binary;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace Ingest.Tests.Intake.Compression;

/// <summary>Decodes gzip, zlib and deflate with another implementation, which tells what input it did not use.</summary>
internal static class IndependentInflate
{
    /// <summary>What a body of one stream holds; null where it is not exactly one.</summary>
    internal static byte[]? Single(byte[] body, bool bare)
    {
        var at = 0;
        // As everywhere: whether the frame of zlib is there shows at its header.
        var hasFrame = body.Length >= 2 && (body[0] & 0x0F) == 8 && ((body[0] << 8) | body[1]) % 31 == 0;
        var content = Inflate(body, ref at, bare && !hasFrame);
        return at == body.Length ? content : null;
    }

    /// <summary>What the members of gzip hold; null where the body is not members from end to end.</summary>
    internal static byte[]? Members(byte[] body)
    {
        var all = new List<byte>();
        var at = 0;
        do
        {
            if (!TryHeader(body, ref at) || Inflate(body, ref at, bare: true) is not { } content || body.Length - at < 8
                || BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(at)) != CompressedBody.Sum(content)
                || BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(at + 4)) != content.Length)
            {
                return null;
            }
            at += 8;
            all.AddRange(content);
        }
        while (at < body.Length);
        return [.. all];
    }

    private static bool TryHeader(byte[] body, ref int at)
    {
        var start = at;
        if (body.Length - at < 10 || body[at] != 0x1F || body[at + 1] != 0x8B || body[at + 2] != 8 || body[at + 3] > 31)
        {
            return false;
        }
        var flags = body[at + 3];
        at += 10;
        if ((flags & 4) != 0)
        {
            at += at + 2 <= body.Length ? 2 + BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at)) : 2;
        }
        for (var texts = ((flags >> 3) & 1) + ((flags >> 4) & 1); texts > 0 && at <= body.Length; texts--)
        {
            at = Array.IndexOf(body, (byte)0, at) is var end and >= 0 ? end + 1 : body.Length + 1;
        }
        if ((flags & 2) != 0)
        {
            if (at + 2 > body.Length
                || BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at)) != (ushort)CompressedBody.Sum(body.AsSpan(start, at - start)))
            {
                return false;
            }
            at += 2;
        }
        return at <= body.Length;
    }

    private static byte[]? Inflate(byte[] body, ref int at, bool bare)
    {
        var inflater = new Inflater(noHeader: bare);
        inflater.SetInput(body, at, body.Length - at);
        var content = new List<byte>();
        var buffer = new byte[4096];
        try
        {
            while (!inflater.IsFinished)
            {
                var count = inflater.Inflate(buffer);
                if (count == 0 && !inflater.IsFinished)
                {
                    return null;
                }
                content.AddRange(buffer.AsSpan(0, count));
            }
        }
        catch (Exception e) when (e is SharpZipBaseException or IndexOutOfRangeException)
        {
            // The second is how the library fails at codes that are over-subscribed.
            return null;
        }
        at = body.Length - inflater.RemainingInput;
        return [.. content];
    }
}
