using Ingest.Simulation.Disk;
using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// The small files of a log: epochs, set down losses, the mark of a clean stop. Read, or said to be damaged; what is read is written back
/// as the same bytes, and its answers are of the kind they may be.
/// </summary>
/// <remarks>An input is which file (0 to 2), whether the checksum is mended (128), and the file.</remarks>
internal sealed class EpochsTarget : FuzzTarget
{
    private const byte Mended = 128;

    private static readonly Guid LogId = new("0f0e0d0c-0b0a-0908-0706-050403020100");

    public override string Name => "epochs";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var epochs = EpochTable.Empty.Of(LogId, []).With(new Epoch(1, 0, LogId)).With(new Epoch(90, 10, Guid.Empty));
            yield return [Mended, .. Written(epochs.Write, EpochTable.FileName)];
            var losses = AcknowledgedLosses.Read(new SimulatedDisk().Mount()).With([(3, 5), (9, 9)], 1);
            yield return [Mended | 1, .. Written(losses.Write, AcknowledgedLosses.FileName)];
            var mark = new byte[CleanMark.Bytes];
            new CleanMark(7, 4096, 5, 6, LogId, LogId).Write(mark);
            yield return [Mended | 2, .. mark];
        }
    }

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var bytes = input[1..];
        if ((input[0] & Mended) != 0)
        {
            Checksums.End(bytes);
        }
        var which = (input[0] & ~Mended) % 3;
        var disk = new SimulatedDisk();
        using var directory = disk.Mount();
        using (var file = directory.Create(which switch
        {
            0 => EpochTable.FileName,
            1 => AcknowledgedLosses.FileName,
            _ =>
            CleanMark.FileName
        }))
        {
            file.Write(bytes, 0);
        }
        switch (which)
        {
            case 0:
                CheckEpochs(directory, bytes);
                break;
            case 1:
                var losses = AcknowledgedLosses.Read(directory);
                losses.Covers(1, 5);
                FuzzException.Unless(!losses.Damaged || losses.Count == 0, "damaged losses are believed");
                break;
            default:
                CheckMark(bytes);
                CleanMark.Read(directory);
                break;
        }
    }

    private static void CheckEpochs(IWalDirectory directory, byte[] bytes)
    {
        var table = EpochTable.Read(directory, out var damaged);
        FuzzException.Unless(!damaged || table.Entries.Count == 0, "a damaged table is believed");
        table.SkippedUpTo(50);
        table.LastBefore(50);
        table.Missing(50);
        table.IdOf(50);
        table.Of(LogId, []).With(new Epoch(1000, 999, LogId));
        if (!damaged && table.LogId != Guid.Empty)
        {
            // But for a field that is not used yet, and the checksum over it.
            FuzzException.Unless(
                bytes.AsSpan(16, bytes.Length - 20).SequenceEqual(Written(table.Write, EpochTable.FileName).AsSpan()[16..^4]),
                "the table is read as another");
        }
    }

    private static void CheckMark(byte[] bytes)
    {
        if (CleanMark.TryRead(bytes, out var mark))
        {
            var again = new byte[CleanMark.Bytes];
            mark.Write(again);
            FuzzException.Unless(CleanMark.TryRead(again, out var same) && same == mark, "a mark is written as another");
        }
    }

    private static byte[] Written(Action<IWalDirectory> write, string name)
    {
        var disk = new SimulatedDisk();
        using var directory = disk.Mount();
        write(directory);
        return disk.ReadAll(name);
    }
}
