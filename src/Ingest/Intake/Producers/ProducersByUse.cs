namespace Ingest.Intake.Producers;

/// <summary>The producers there are, by identity and by when each was used last. Under the lock of its owner.</summary>
internal sealed class ProducersByUse
{
    private readonly Dictionary<UInt128, ProducerEntry> _entries = [];
    private ProducerEntry? _newest;

    /// <summary>How many.</summary>
    internal int Count => _entries.Count;

    /// <summary>The one that was not used for longest.</summary>
    internal ProducerEntry? Oldest { get; private set; }

    internal ProducerEntry? Find(UInt128 identity) => _entries.GetValueOrDefault(identity);

    internal ProducerEntry Add(UInt128 identity, long used)
    {
        var entry = new ProducerEntry(identity) { Used = used };
        _entries.Add(identity, entry);
        Append(entry);
        return entry;
    }

    /// <summary>Makes it the newest.</summary>
    internal void Touch(ProducerEntry entry, long used)
    {
        entry.Used = used;
        if (_newest != entry)
        {
            Unlink(entry);
            Append(entry);
        }
    }

    internal void Remove(ProducerEntry entry)
    {
        _entries.Remove(entry.Identity);
        Unlink(entry);
    }

    private void Append(ProducerEntry entry)
    {
        (entry.Older, entry.Newer) = (_newest, null);
        if (_newest is not null)
        {
            _newest.Newer = entry;
        }
        _newest = entry;
        Oldest ??= entry;
    }

    private void Unlink(ProducerEntry entry)
    {
        if (entry.Older is { } older)
        {
            older.Newer = entry.Newer;
        }
        else
        {
            Oldest = entry.Newer;
        }
        if (entry.Newer is { } newer)
        {
            newer.Older = entry.Older;
        }
        else
        {
            _newest = entry.Older;
        }
        (entry.Older, entry.Newer) = (null, null);
    }
}
