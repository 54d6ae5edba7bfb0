namespace Ingest.Simulation.Disk;

/// <summary>A directory's entries: as they are now, and as they were when it was last synced.</summary>
internal sealed class SimulatedFolder
{
    private readonly List<Change> _unsynced = [];
    private readonly Dictionary<string, SimulatedInode> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedInode> _durable = new(StringComparer.Ordinal);

    internal IEnumerable<KeyValuePair<string, SimulatedInode>> Entries => _entries;

    internal SimulatedInode? Find(string name) => _entries.GetValueOrDefault(name);

    internal void Add(string name, SimulatedInode inode) => Do(new Change(null, name, inode));

    internal void Remove(string name) => Do(new Change(name, null, _entries[name]));

    internal void Rename(string from, string to) => Do(new Change(from, to, _entries[from]));

    internal void Sync()
    {
        _unsynced.Clear();
        Replace(_durable, _entries);
    }

    /// <summary>A failed sync: it is not known which of the changes are on the platter.</summary>
    internal void FailSync(Random random)
    {
        foreach (var change in _unsynced.Where(_ => random.Next(2) == 0))
        {
            change.Apply(_durable);
        }
        _unsynced.Clear();
    }

    internal void Crash(CrashStyle style, Random random)
    {
        if (style == CrashStyle.ProcessKilled)
        {
            return;
        }
        var kept = style switch
        {
            CrashStyle.AllLost => [],
            CrashStyle.Prefix => _unsynced.Take(random.Next(_unsynced.Count + 1)),
            CrashStyle.AlmostAllKept => _unsynced.AsEnumerable(),
            _ => _unsynced.Where(_ => random.Next(2) == 0),
        };
        var order = kept.ToArray();
        if (style == CrashStyle.AnySubset && random.Next(2) == 0)
        {
            random.Shuffle(order);
        }
        foreach (var change in order)
        {
            change.Apply(_durable);
        }
        Replace(_entries, _durable);
        Sync();
    }

    private static void Replace(Dictionary<string, SimulatedInode> target, Dictionary<string, SimulatedInode> source)
    {
        target.Clear();
        foreach (var (name, inode) in source)
        {
            target.Add(name, inode);
        }
    }

    private void Do(Change change)
    {
        change.Apply(_entries);
        _unsynced.Add(change);
    }

    private sealed record Change(string? From, string? To, SimulatedInode Inode)
    {
        internal void Apply(Dictionary<string, SimulatedInode> entries)
        {
            if (From is not null && entries.GetValueOrDefault(From) == Inode)
            {
                entries.Remove(From);
            }
            if (To is not null)
            {
                entries[To] = Inode;
            }
        }
    }
}
