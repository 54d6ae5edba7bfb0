using System.Globalization;
using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Recovery;

/// <summary>
/// Keeps copies of damaged bytes in <c>quarantine/</c>, each once, and the list of what was found. Nothing is ever removed from the
/// segments themselves. Any thread.
/// </summary>
internal sealed class Quarantine(IWalDirectory directory)
{
    internal const string Folder = "quarantine";

    /// <summary>More findings than this are copied and counted by their readers, but no longer listed.</summary>
    private const int ListedMax = 1000;

    private readonly Lock _lock = new();
    private readonly HashSet<(string Segment, long Offset)> _seen = [];
    private readonly List<QuarantinedRange> _found = [];

    internal IReadOnlyList<QuarantinedRange> Found
    {
        get
        {
            lock (_lock)
            {
                return [.. _found];
            }
        }
    }

    /// <summary>Copies the range aside, unless that was done before. A copy that fails is reported without its file name: the loss of the
    /// copy must not stop the delivery of what is behind the damage.</summary>
    internal void Add(string segment, IWalFile file, in DamagedRange range)
    {
        lock (_lock)
        {
            if (_seen.Count >= ListedMax || !_seen.Add((segment, range.Offset)))
            {
                return;
            }
            var copy = Copy(segment, file, range);
            _found.Add(new QuarantinedRange(segment, range.Offset, range.Bytes, range.FirstSequence, range.Records, copy));
        }
    }

    /// <summary>Moves a whole file aside: not a segment of this log, whatever its name says, or nothing of it can be read. Readers meet
    /// the gap; <paramref name="records"/> is how large it is, 0 where that cannot be told.</summary>
    internal void Move(in SegmentName segment, long bytes, long records = 0)
    {
        lock (_lock)
        {
            var name = segment.ToString();
            directory.CreateFolder(Folder);
            var copy = $"{Folder}/{name}";
            directory.Rename(name, copy);
            directory.Sync(Folder);
            directory.Sync();
            _found.Add(new QuarantinedRange(name, 0, bytes, segment.BaseSequence, records, copy));
        }
    }

    private string Copy(string segment, IWalFile file, in DamagedRange range)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Folder}/{segment}-{range.Offset:D10}.bin");
        try
        {
            directory.CreateFolder(Folder);
            if (directory.List(Folder).Contains(Path.GetFileName(name)))
            {
                return name;
            }
            using var copy = directory.Create(name);
            FileCopy.Copy(file, range.Offset, copy, range.Bytes);
            copy.Flush();
            directory.Sync(Folder);
            return name;
        }
        catch (StorageException)
        {
            return "";
        }
    }
}
