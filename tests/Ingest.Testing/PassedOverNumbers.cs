using System.Buffers.Binary;

namespace Ingest.Testing;

/// <summary>
/// Numbers that a log says it never gives out, read from its table of epochs (wal/FORMAT.md §9) by the document alone, not by the log's own
/// code.
/// </summary>
public sealed class PassedOverNumbers
{
    private readonly List<(long First, long Last)> _ranges = [];

    /// <summary>None.</summary>
    public static PassedOverNumbers None { get; } = new();

    /// <summary>What the log in this directory passed over; none where it has no table.</summary>
    /// <param name="logDirectory">The folder <c>wal</c> of a data directory.</param>
    public static PassedOverNumbers Read(string logDirectory)
    {
        var passed = new PassedOverNumbers();
        var path = Path.Combine(logDirectory, "epochs");
        if (!File.Exists(path))
        {
            return passed;
        }
        var bytes = File.ReadAllBytes(path).AsSpan();
        if (!bytes.StartsWith("INGSTEPO"u8))
        {
            throw new InvalidDataException($"{path} is no table of epochs.");
        }
        var entries = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        for (var entry = bytes[40..]; entries > 0; entries--, entry = entry[32..])
        {
            var (first, before) = (BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
            passed._ranges.Add((before + 1, first - 1));
        }
        return passed;
    }

    /// <summary>Whether all numbers of a stretch were passed over.</summary>
    public bool Covers(long first, long last)
    {
        while (first <= last)
        {
            var range = _ranges.Find(candidate => candidate.First <= first && first <= candidate.Last);
            if (range == default)
            {
                return false;
            }
            first = range.Last + 1;
        }
        return true;
    }
}
