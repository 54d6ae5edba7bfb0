using System.Text;
using System.Text.Json;
using Ingest.Simulation.Disk;
using Ingest.Sinks.Files;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// The note of how far a stream's output files go. Refused as what it throws for damage, or read; then it is written and read as the same,
/// and a note whose check does not hold is never read.
/// </summary>
/// <remarks>An input is whether the check is mended (1) and the note.</remarks>
internal sealed class PositionTarget : FuzzTarget
{
    private const string Check = ",\"check\":\"";

    public override string Name => "position";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var position = new OutputPosition
            {
                Log = Guid.Empty,
                Held = 5,
                Epochs = [new OutputEpoch(Guid.Empty, 5)],
                File = "a.ndjson",
                Offset = 99
            };
            yield return [1, .. Written(position)];
            yield return [0, .. "{\"log\":\"00000000-0000-0000-0000-000000000000\",\"held\":3}"u8];
        }
    }

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        Check, "\"held\":", "\"epochs\":", "null", "[", "]", "{", "}", "\"log\":", "\"file\":", "\"offset\":", "-1",
            "9223372036854775807", "\"\\ud800\"");

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var note = input[1..];
        var end = note.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(Check));
        if ((input[0] & 1) != 0 && end >= 0)
        {
            note = [.. note[..end], .. Encoding.ASCII.GetBytes($"{Check}{Checksums.Crc32C(note.AsSpan(0, end)):x8}\"}}")];
        }
        var disk = new SimulatedDisk();
        using var directory = disk.Mount();
        using (var file = directory.Create(OutputPosition.FileName))
        {
            file.Write(note, 0);
        }
        OutputPosition? read;
        try
        {
            read = CheckedNote.Read(directory, "", OutputPosition.FileName, OutputJson.Default.OutputPosition);
        }
        catch (JsonException)
        {
            return;
        }
        FuzzException.Unless(
            end < 0 || note.AsSpan(end).SequenceEqual(Encoding.ASCII.GetBytes($"{Check}{Checksums.Crc32C(note.AsSpan(0, end)):x8}\"}}")),
            "a note is believed whose check does not hold");
        if (read is not null)
        {
            FuzzException.Unless(read.Epochs.Count >= 0 && Written(read).Length > 0, "a note cannot be written again");
        }
    }

    private static byte[] Written(OutputPosition position)
    {
        var disk = new SimulatedDisk();
        using var directory = disk.Mount();
        CheckedNote.Write(directory, "", OutputPosition.FileName, position, OutputJson.Default.OutputPosition);
        return disk.ReadAll(OutputPosition.FileName);
    }
}
