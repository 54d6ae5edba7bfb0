using System.Buffers.Binary;
using Ingest.Simulation.Disk;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A cursor's file. What counts is the slot with the higher generation of those whose checksum is right; another log's position is never
/// believed, and a file that holds something and no such slot is damaged.
/// </summary>
/// <remarks>
/// An input is flags (1, 2: the checksum of slot 0 or 1 is mended; 4: the file is cut) and the two slots, half of it each.
/// </remarks>
internal sealed class CursorTarget : FuzzTarget
{
    private const ulong Log = 0x0102030405060708;

    public override string Name => "cursor";

    internal override IEnumerable<byte[]> Seeds => [[3, .. Slot(1, 5, Log, 8), .. Slot(2, 9, Log, 8)], [3, .. Slot(7, 5, 99, 0), .. Slot(
        6, 9, 0, 0)]];

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var half = (input.Length - 1) / 2;
        var slots = new[] { input[1..(1 + half)], input[(1 + half)..] };
        var bytes = new byte[CursorSlot.FileBytes];
        for (var slot = 0; slot < 2; slot++)
        {
            Mend(slots[slot], (input[0] & (1 << slot)) != 0);
            slots[slot].CopyTo(bytes.AsSpan(slot * CursorSlot.SlotBytes));
        }
        var length = (input[0] & 4) != 0 ? slots[0].Length : bytes.Length;
        var disk = new SimulatedDisk();
        using var directory = disk.Mount();
        using var file = directory.Create("a.cursor");
        file.Write(bytes.AsSpan(0, length), 0);
        var read = CursorFile.Read(file, Log);
        Check(read, bytes.AsSpan(0, length));
    }

    private static void Check(CursorFile read, ReadOnlySpan<byte> file)
    {
        var valid = Valid(file, 0) > Valid(file, 1) ? 0 : Valid(file, 1) > 0 ? 1 : -1;
        if (Valid(file, 0) > 0 && Valid(file, 0) == Valid(file, 1))
        {
            valid = 0;
        }
        FuzzException.Unless(read.Slot == valid, "another slot counts than the newest valid one");
        if (valid < 0)
        {
            FuzzException.Unless(read.Value.Sequence == 0 && read.Annotation.Length == 0, "a file without a valid slot says something");
            FuzzException.Unless(
                read.Damaged || !(file.Length < CursorSlot.FileBytes || file[..40].ContainsAnyExcept((byte)0)), "damage is not told");
            return;
        }
        var slot = file[(valid * CursorSlot.SlotBytes)..];
        var log = BinaryPrimitives.ReadUInt64LittleEndian(slot[28..]);
        var isForeign = log is not (0 or Log);
        FuzzException.Unless(read.IsForeign == isForeign, "another log's position is not told from one's own");
        var annotation = slot.Slice(40, isForeign ? 0 : BinaryPrimitives.ReadInt32LittleEndian(slot[24..]));
        FuzzException.Unless(
            read.Value.Generation == BinaryPrimitives.ReadInt64LittleEndian(slot[8..])
                && read.Value.Sequence == (isForeign ? 0 : BinaryPrimitives.ReadInt64LittleEndian(slot[16..]))
                && annotation.SequenceEqual(read.Annotation),
            "a slot is read as something else than it says");
    }

    /// <summary>The generation of a slot that may be believed; 0 where it may not.</summary>
    private static long Valid(ReadOnlySpan<byte> file, int slot)
    {
        var at = slot * CursorSlot.SlotBytes;
        if (file.Length < at + 40 || !file[at..].StartsWith("INGSTCUR"u8))
        {
            return 0;
        }
        var head = file[at..];
        var length = BinaryPrimitives.ReadInt32LittleEndian(head[24..]);
        if (length < 0 || length > CursorSlot.SlotBytes - 40 || length > head.Length - 40
            || BinaryPrimitives.ReadUInt32LittleEndian(head[36..])
                != Checksums.Crc32C(head.Slice(40, length), Checksums.Crc32C(head[..36])))
        {
            return 0;
        }
        return BinaryPrimitives.ReadInt64LittleEndian(head[16..]) < 0 ? 0 : Math.Max(0, BinaryPrimitives.ReadInt64LittleEndian(head[8..]));
    }

    private static void Mend(Span<byte> slot, bool isWanted)
    {
        if (isWanted && slot.Length >= 40)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(slot[24..]);
            var annotation = slot.Slice(40, length < 0 || length > slot.Length - 40 ? 0 : length);
            BinaryPrimitives.WriteUInt32LittleEndian(slot[36..], Checksums.Crc32C(annotation, Checksums.Crc32C(slot[..36])));
        }
    }

    private static byte[] Slot(long generation, long sequence, ulong log, int annotationBytes)
    {
        var slot = new byte[40 + annotationBytes];
        new CursorSlot(generation, sequence, annotationBytes, log).Write(slot);
        return slot;
    }
}
