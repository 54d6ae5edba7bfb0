using System.Globalization;
using System.Text;
using Ingest.Simulation.Disk;
using Ingest.Wal.Format;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Format;

/// <summary>The bytes of a log made with fixed identities are those shown in FORMAT.md: neither changes without the other.</summary>
public sealed class GoldenFormatTests
{
    private const int LineBytes = 16;

    [Fact]
    public void The_example_in_the_specification_is_what_the_log_writes()
    {
        var text = File.ReadAllText(Specification());
        var start = text.IndexOf("```hex\n", StringComparison.Ordinal) + "```hex\n".Length;
        var documented = text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
        var written = Example();
        Assert.True(documented == written, $"The example should be:\n{written}");
    }

    private static string Example()
    {
        var disk = new SimulatedDisk();
        var ids = 0ul;
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small, () => ++ids * 0x1111111111111111);
        log.AppendAt(1_700_000_000_000, "hello");
        log.AppendAt(1_700_000_000_123, "", "a record");
        using var cursor = log.OpenCursor("lane");
        cursor.Save(2, "note"u8);
        log.AppendAt(1_700_000_001_000, new string('x', 12_000));
        log.MarkClean();

        var segments = disk.Files.Where(file => file.EndsWith(".wal", StringComparison.Ordinal)).ToList();
        var first = disk.ReadAll(segments[0]);
        var text = new StringBuilder();
        Show(text, segments[0], first, 0, SegmentHeader.Bytes, "segment header");
        var end = Frames(text, segments[0], first);
        Show(text, segments[0], first, first.Length - SealBody.FrameBytes, SealBody.FrameBytes, $"seal; frames end at {end}");
        Show(text, "clean", disk.ReadAll("clean"), 0, CleanMark.Bytes, $"clean mark; the second segment is {segments[1]}");
        Show(text, "cursors/lane.cursor", disk.ReadAll("cursors/lane.cursor"), 0, CursorSlot.HeaderBytes + 4, "cursor, first slot");
        var epochs = disk.ReadAll("epochs");
        Show(text, "epochs", epochs, 0, epochs.Length, "table of epochs");
        return text.ToString();
    }

    private static int Frames(StringBuilder text, string file, byte[] segment)
    {
        Assert.True(SegmentName.TryParse(file, out var name));
        var offset = SegmentHeader.BlockBytes;
        while (Frame.TryRead(segment.AsSpan(offset), name.Salt, segment.Length - offset, out var frame))
        {
            var what = frame.Type == FrameType.Record ? $"record {frame.Sequence}" : $"commit up to {frame.Sequence}";
            Show(text, file, segment, offset, frame.Bytes, what);
            offset += frame.Bytes;
        }
        return offset;
    }

    private static void Show(StringBuilder text, string file, byte[] bytes, int offset, int count, string what)
    {
        text.Append(CultureInfo.InvariantCulture, $"# {file}: {what}\n");
        for (var line = 0; line < count; line += LineBytes)
        {
            var shown = Convert.ToHexStringLower(bytes, offset + line, Math.Min(LineBytes, count - line)).Chunk(2);
            text.Append(CultureInfo.InvariantCulture, $"{offset + line:x8}  {string.Join(' ', shown.Select(pair => new string(pair)))}\n");
        }
    }

    private static string Specification()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "wal", "FORMAT.md");
            if (File.Exists(path))
            {
                return path;
            }
        }
        throw new FileNotFoundException("wal/FORMAT.md is in no folder above the tests.");
    }
}
