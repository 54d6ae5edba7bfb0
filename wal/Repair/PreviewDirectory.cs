using Ingest.Wal.Recovery;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Repair;

/// <summary>
/// A view of a directory on which a repair can be tried: changes are kept in memory, the files under it are only read. One thread.
/// </summary>
internal sealed class PreviewDirectory(IWalDirectory inner) : IWalDirectory
{
    // Null: deleted, or renamed away.
    private readonly Dictionary<string, PreviewContent?> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = [];

    public string Path => inner.Path;

    public long FreeBytes => inner.FreeBytes;

    public IReadOnlyList<string> List(string folder = "")
    {
        var names = ListInner(folder).Where(name => !_changed.ContainsKey(Full(folder, name))).ToList();
        foreach (var (path, content) in _changed)
        {
            if (content is not null && (System.IO.Path.GetDirectoryName(path) ?? "") == folder)
            {
                names.Add(System.IO.Path.GetFileName(path));
            }
        }
        return names;
    }

    public void CreateFolder(string folder) => _folders.Add(folder);

    public IWalFile Create(string name)
    {
        var content = new PreviewContent(origin: null, keepsBytes: !name.StartsWith(Quarantine.Folder + "/", StringComparison.Ordinal));
        Replace(name, content);
        return new PreviewFile(content);
    }

    public IWalFile Open(string name, bool writable)
    {
        if (_changed.TryGetValue(name, out var content))
        {
            return new PreviewFile(content ?? throw Missing(name));
        }
        return writable ? new PreviewFile(Take(name)) : inner.Open(name, writable: false);
    }

    public void Rename(string from, string to)
    {
        var content = _changed.TryGetValue(from, out var changed) ? changed ?? throw Missing(from) : Take(from);
        Replace(to, content);
        _changed[from] = null;
    }

    public void Delete(string name)
    {
        if (_changed.TryGetValue(name, out var content) && content is null)
        {
            throw Missing(name);
        }
        Replace(name, null);
    }

    public void Sync(string folder = "")
    {
        // Nothing was written.
    }

    /// <summary>Closes what it opened; the directory under it stays the caller's.</summary>
    public void Dispose()
    {
        foreach (var content in _changed.Values)
        {
            content?.Dispose();
        }
    }

    private void Replace(string name, PreviewContent? content)
    {
        if (_changed.TryGetValue(name, out var old))
        {
            old?.Dispose();
        }
        _changed[name] = content;
    }

    private PreviewContent Take(string name)
    {
        var content = new PreviewContent(inner.Open(name, writable: false), keepsBytes: true);
        _changed[name] = content;
        return content;
    }

    private IReadOnlyList<string> ListInner(string folder)
    {
        try
        {
            return inner.List(folder);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound && _folders.Contains(folder))
        {
            return [];
        }
    }

    private static string Full(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private static StorageException Missing(string name) => new(StorageFailure.NotFound, $"open {name}: it was taken away before");
}
