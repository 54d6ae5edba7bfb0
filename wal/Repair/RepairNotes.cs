using System.Globalization;
using Ingest.Wal.Recovery;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Repair;

/// <summary>
/// The list of what is done, and the copies of what is about to be overwritten or given up. A copy that cannot be made ends the repair:
/// evidence first.
/// </summary>
internal sealed class RepairNotes(IWalDirectory directory)
{
    private readonly List<RepairStep> _steps = [];

    internal IReadOnlyList<RepairStep> Steps => _steps;

    internal void Add(
        RepairAction action, string file, long offset = 0, long bytes = 0, long first = 0, long records = 0, string copy = "") =>
        _steps.Add(new RepairStep(action, file, offset, bytes, first, records, copy));

    /// <summary>Copies a stretch of a file to <c>quarantine/</c>, once: what an interrupted repair has copied stays as it is.</summary>
    /// <exception cref="StorageException">The copy could not be made.</exception>
    internal void CopyAside(string name, IWalFile file, in DamagedRange range)
    {
        var shortName = Path.GetFileName(name);
        var copy = string.Create(CultureInfo.InvariantCulture, $"{Quarantine.Folder}/{shortName}-{range.Offset:D10}.bin");
        directory.CreateFolder(Quarantine.Folder);
        if (!IsThere(copy, range.Bytes))
        {
            var (offset, bytes) = (range.Offset, range.Bytes);
            AtomicFile.Write(directory, copy, copy + AtomicFile.AsideSuffix, aside => FileCopy.Copy(file, offset, aside, bytes));
        }
        Add(RepairAction.CopyAside, name, range.Offset, range.Bytes, range.Records > 0 ? range.FirstSequence : 0, range.Records, copy);
    }

    private bool IsThere(string copy, long bytes)
    {
        if (!directory.List(Quarantine.Folder).Contains(Path.GetFileName(copy)))
        {
            return false;
        }
        using var there = directory.Open(copy, writable: false);
        return there.Length >= bytes;
    }
}
