using System.Buffers.Binary;
using System.IO.Hashing;

namespace Ingest.Intake.Body.Compression;

/// <summary>The frame of a member of gzip (RFC 1952, section 2.3): what stands before and behind its deflated data.</summary>
internal static class GZipMember
{
    /// <summary>Bytes behind the data: the CRC-32 and the size of what it inflates to, modulo 2^32.</summary>
    internal const int TrailerBytes = 8;

    private const int FixedHeaderBytes = 10;
    private const int FlagsAt = 3;

    private const int HeaderSumFlag = 2;
    private const int ExtraFlag = 4;
    private const int NameFlag = 8;
    private const int CommentFlag = 16;
    private const int ReservedFlags = 0xE0;

    // The two bytes of the format and the only method there is.
    private static ReadOnlySpan<byte> Magic => [0x1F, 0x8B, 8];

    /// <summary>
    /// Every place where a member's data may end: a trailer before the end of the body, and before everything that begins like a member.
    /// </summary>
    /// <param name="body">The whole body.</param>
    /// <param name="countMax">So many are looked for, and the body's end.</param>
    internal static List<int> DataEnds(ReadOnlySpan<byte> body, int countMax)
    {
        var ends = new List<int>(1);
        for (var at = 1; ends.Count < countMax; at++)
        {
            var next = at < body.Length ? body[at..].IndexOf(Magic) : -1;
            if (next < 0)
            {
                break;
            }
            at += next;
            if (at >= TrailerBytes && at + FlagsAt < body.Length && (body[at + FlagsAt] & ReservedFlags) == 0)
            {
                ends.Add(at - TrailerBytes);
            }
        }
        ends.Add(Math.Max(body.Length - TrailerBytes, 0));
        return ends;
    }

    /// <summary>Bytes of the header that <paramref name="rest"/> begins with.</summary>
    /// <exception cref="InvalidDataException">It begins with none.</exception>
    internal static int HeaderLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < FixedHeaderBytes || !rest.StartsWith(Magic) || (rest[FlagsAt] & ReservedFlags) != 0)
        {
            throw new InvalidDataException();
        }
        var flags = rest[FlagsAt];
        var length = FixedHeaderBytes;
        if ((flags & ExtraFlag) != 0)
        {
            length += 2 + BinaryPrimitives.ReadUInt16LittleEndian(Behind(rest, length, 2));
        }
        if ((flags & NameFlag) != 0)
        {
            length += TextLength(rest, length);
        }
        if ((flags & CommentFlag) != 0)
        {
            length += TextLength(rest, length);
        }
        if ((flags & HeaderSumFlag) != 0)
        {
            var sum = BinaryPrimitives.ReadUInt16LittleEndian(Behind(rest, length, 2));
            if (sum != (ushort)Crc32.HashToUInt32(rest[..length]))
            {
                throw new InvalidDataException();
            }
            length += 2;
        }
        return length <= rest.Length ? length : throw new InvalidDataException();
    }

    /// <summary>Bytes of the text that begins at <paramref name="at"/>, with the zero that ends it.</summary>
    private static int TextLength(ReadOnlySpan<byte> rest, int at) => Behind(rest, at, 1).IndexOf((byte)0) switch
    {
        < 0 => throw new InvalidDataException(),
        var length => length + 1,
    };

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> rest, int at, int bytes) =>
        at + bytes <= rest.Length ? rest[at..] : throw new InvalidDataException();
}
