using System.Buffers.Binary;

namespace Ingest.Intake.Body.Compression;

/// <summary>
/// Decodes a block of Snappy: its length as a varint, then literals and copies of what is decoded already
/// (format_description.txt of google/snappy). Blocks have no checksum.
/// </summary>
internal static class SnappyBlock
{
    private const int LengthBytesMax = 5;

    // A copy takes three bytes at least for 64 of output, and nothing makes more of less.
    private const int RatioMax = 22;

    /// <summary>How many bytes a block says it has, and where its elements begin; false where it cannot be true.</summary>
    internal static bool TryReadLength(ReadOnlySpan<byte> block, out int length, out int start)
    {
        var value = 0UL;
        (length, start) = (0, 0);
        do
        {
            if (start == block.Length || start == LengthBytesMax)
            {
                return false;
            }
            value |= (ulong)(block[start] & 0x7F) << (7 * start);
        }
        while (block[start++] >= 0x80);
        if (value > int.MaxValue || value > (ulong)(block.Length - start) * RatioMax)
        {
            return false;
        }
        length = (int)value;
        return true;
    }

    /// <summary>Decodes the elements of a block: true where all of them together are exactly the target.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> elements, Span<byte> target)
    {
        var written = 0;
        while (!elements.IsEmpty)
        {
            var tag = elements[0];
            elements = elements[1..];
            var taken = (tag & 3) == 0 ? Literal(tag, ref elements, target[written..]) : Copy(tag, ref elements, target, written);
            if (taken == 0)
            {
                return false;
            }
            written += taken;
        }
        return written == target.Length;
    }

    /// <summary>Bytes written; 0 where they are not there, or have no room.</summary>
    private static int Literal(byte tag, ref ReadOnlySpan<byte> elements, Span<byte> room)
    {
        // Up to 60 bytes say so themselves; above, one to four bytes have the length less one.
        long length = tag >> 2;
        var lengthBytes = (int)Math.Max(0, length - 59);
        if (lengthBytes > 0)
        {
            if (elements.Length < lengthBytes)
            {
                return 0;
            }
            length = Number(elements[..lengthBytes]);
            elements = elements[lengthBytes..];
        }
        length++;
        if (length > elements.Length || length > room.Length)
        {
            return 0;
        }
        elements[..(int)length].CopyTo(room);
        elements = elements[(int)length..];
        return (int)length;
    }

    /// <summary>Bytes written; 0 where they would be of before the beginning, or have no room.</summary>
    private static int Copy(byte tag, ref ReadOnlySpan<byte> elements, Span<byte> target, int written)
    {
        var offsetBytes = (tag & 3) switch { 1 => 1, 2 => 2, _ => 4 };
        if (elements.Length < offsetBytes)
        {
            return 0;
        }
        long offset = Number(elements[..offsetBytes]);
        elements = elements[offsetBytes..];
        var length = (tag >> 2) + 1;
        if (offsetBytes == 1)
        {
            offset |= (long)(tag >> 5) << 8;
            length = ((tag >> 2) & 7) + 4;
        }
        if (offset == 0 || offset > written || length > target.Length - written)
        {
            return 0;
        }
        var from = written - (int)offset;
        if (offset >= length)
        {
            target.Slice(from, length).CopyTo(target[written..]);
            return length;
        }
        // It repeats what it is writing.
        for (var i = 0; i < length; i++)
        {
            target[written + i] = target[from + i];
        }
        return length;
    }

    /// <summary>One to four bytes, the least first.</summary>
    private static uint Number(ReadOnlySpan<byte> bytes)
    {
        Span<byte> four = stackalloc byte[4];
        four.Clear();
        bytes.CopyTo(four);
        return BinaryPrimitives.ReadUInt32LittleEndian(four);
    }
}
