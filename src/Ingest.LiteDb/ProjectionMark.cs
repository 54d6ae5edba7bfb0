using System.Buffers.Binary;

namespace Ingest.LiteDb;

/// <summary>Names the log that a projection was made from, and how far it is. Written with each change, in its transaction.</summary>
/// <param name="Log">Identity of the dead-letter log.</param>
/// <param name="Position">Position in that log up to which everything is in the projection.</param>
/// <param name="Root">Sum of the checksums of all blocks and groups: a block that is missing, old or left over changes it.</param>
internal readonly record struct ProjectionMark(Guid Log, long Position, ulong Root)
{
    private const int LayoutVersion = 2;
    private const int Bytes = 36;

    internal byte[] Encode()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, LayoutVersion);
        Log.TryWriteBytes(bytes.AsSpan(4));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20), Position);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(28), Root);
        return bytes;
    }

    /// <exception cref="InvalidDataException">It is of another version.</exception>
    internal static ProjectionMark Decode(byte[] bytes) =>
        bytes.Length == Bytes && BinaryPrimitives.ReadInt32LittleEndian(bytes) == LayoutVersion
            ? new(
                new Guid(bytes.AsSpan(4, 16)),
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(20)),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(28)))
            : throw new InvalidDataException("it is of another version");
}
