using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>Where in which file the file sink put the line of which event.</summary>
internal sealed class DeliveredLines
{
    private readonly Dictionary<string, List<(long Sequence, long End)>> _files = [];

    /// <summary>All lines below <paramref name="directory"/>.</summary>
    internal static DeliveredLines Read(string directory)
    {
        var lines = new DeliveredLines();
        foreach (var file in Directory.EnumerateFiles(directory, "*.ndjson", SearchOption.AllDirectories))
        {
            lines._files[file] = ReadFile(file);
        }
        return lines;
    }

    /// <summary>For each file with events up to this one: behind which byte the last of them ends.</summary>
    internal IReadOnlyList<(string File, long End)> EndsUpTo(long sequence) =>
    [
        .. _files.Select(entry => (entry.Key, End: entry.Value.Where(line => line.Sequence <= sequence).Select(line => line.End)
            .DefaultIfEmpty().Max())).Where(entry => entry.End > 0),
    ];

    private static List<(long Sequence, long End)> ReadFile(string file)
    {
        var (lines, end) = (new List<(long Sequence, long End)>(), 0L);
        foreach (var line in File.ReadLines(file))
        {
            end += System.Text.Encoding.UTF8.GetByteCount(line) + 1;
            lines.Add((DeliveredEvents.SequenceOf(line), end));
        }
        return lines;
    }
}
