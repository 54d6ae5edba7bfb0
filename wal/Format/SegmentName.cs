using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ingest.Wal.Format;

/// <summary>
/// A segment's file name, <c>&lt;base sequence: 20 digits&gt;-&lt;segment id: 16 hex digits&gt;.wal</c>: sorts by position and, because the
/// salt follows from it, is all that is needed to read the segment's frames.
/// </summary>
/// <param name="BaseSequence">The number of the segment's first record.</param>
/// <param name="Id">Random; never used twice.</param>
internal readonly record struct SegmentName(long BaseSequence, ulong Id)
{
    internal const string Extension = ".wal";
    private const int BaseDigits = 20;
    private const int IdDigits = 16;
    private const int Length = BaseDigits + 1 + IdDigits + 4;

    /// <summary>Seeds the header checksums of the segment's frames, so that bytes of its earlier uses never validate.</summary>
    internal uint Salt
    {
        get
        {
            Span<byte> identity = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(identity, Id);
            BinaryPrimitives.WriteInt64LittleEndian(identity[8..], BaseSequence);
            return Crc32C.Compute(identity);
        }
    }

    internal static bool TryParse([NotNullWhen(true)] string? file, out SegmentName name)
    {
        name = default;
        var invariant = CultureInfo.InvariantCulture;
        if (file is null || file.Length != Length || file[BaseDigits] != '-' || !file.EndsWith(Extension, StringComparison.Ordinal)
            || !long.TryParse(file.AsSpan(0, BaseDigits), NumberStyles.None, invariant, out var first)
            || !ulong.TryParse(file.AsSpan(BaseDigits + 1, IdDigits), NumberStyles.AllowHexSpecifier, invariant, out var id)
            || first < 1)
        {
            return false;
        }
        name = new SegmentName(first, id);
        return true;
    }

    /// <summary>The file name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{BaseSequence:D20}-{Id:x16}{Extension}");
}
