using System.Globalization;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Segments;

/// <summary>
/// Segments made ahead of use. <c>fill-*.tmp</c> is being written and worth nothing after a crash; <c>spare-*.tmp</c> was filled, flushed
/// and named durably. What a spare contains does not matter: the salt of its next use makes old frames invalid.
/// </summary>
internal sealed class SegmentSpares(LogState state, Func<ulong> newId) : IDisposable
{
    internal const string FillPrefix = "fill-";
    internal const string SparePrefix = "spare-";
    internal const string Suffix = ".tmp";
    private const int FillBytes = 1024 * 1024;

    private static readonly byte[] Zeros = new byte[FillBytes];

    /// <summary>One filler at a time; never taken by the committing thread.</summary>
    private readonly Lock _fillLock = new();

    /// <summary>Guards the list only: held for no I/O.</summary>
    private readonly Lock _listLock = new();
    private readonly List<SpareSegment> _ready = [];

    internal int Count
    {
        get
        {
            lock (_listLock)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>Fills until as many are ready as the options ask for. False: the disk is full.</summary>
    internal bool Prepare()
    {
        lock (_fillLock)
        {
            try
            {
                while (Count < state.Options.SegmentsAhead && state.Poison is null)
                {
                    Add(Make());
                }
                return true;
            }
            catch (StorageException e) when (e.Kind == StorageFailure.Full)
            {
                return false;
            }
        }
    }

    internal SpareSegment? TryTake()
    {
        lock (_listLock)
        {
            if (_ready.Count == 0)
            {
                return null;
            }
            var spare = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            state.CountSpareBytes(-state.Options.SegmentBytes);
            return spare;
        }
    }

    internal void Add(SpareSegment spare)
    {
        lock (_listLock)
        {
            _ready.Add(spare);
            state.CountSpareBytes(state.Options.SegmentBytes);
        }
    }

    /// <summary>Gives up a spare that could not be used; its file goes now, or at the next start.</summary>
    internal void Discard(SpareSegment? spare)
    {
        if (spare is not null)
        {
            spare.File.Dispose();
            TryDelete(spare.FileName);
        }
    }

    /// <summary>
    /// Makes one on the calling thread. Ahead of use it is written through, so that later flushes find written blocks and need no metadata,
    /// and flushed bit by bit, so that the commits beside it never queue behind a whole segment. In a hurry its blocks are only reserved,
    /// where the file system can: flushes into them cost more, but the committing thread does not wait for a fill.
    /// </summary>
    internal SpareSegment Make(bool inHurry = false)
    {
        var id = newId();
        var filling = Name(FillPrefix, id);
        var file = state.Directory.Create(filling);
        try
        {
            if (inHurry && file.Reserve(state.Options.SegmentBytes))
            {
                file.Flush();
            }
            else
            {
                Fill(file, state.Options.SegmentBytes);
            }
            state.Directory.Rename(filling, Name(SparePrefix, id));
        }
        catch
        {
            file.Dispose();
            TryDelete(filling);
            throw;
        }
        state.SyncDirectory();
        return new SpareSegment(Name(SparePrefix, id), file);
    }

    /// <summary>Gives a segment without readers the name of a spare, and returns it.</summary>
    internal string Rename(string segmentFileName)
    {
        var name = Name(SparePrefix, newId());
        state.Directory.Rename(segmentFileName, name);
        return name;
    }

    /// <summary>Takes over what an earlier run left ready; deletes what it left half made, of another size, or too many of.</summary>
    internal void Adopt(IEnumerable<string> fileNames)
    {
        foreach (var name in fileNames.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)))
        {
            if (name.StartsWith(FillPrefix, StringComparison.Ordinal)
                || (name.StartsWith(SparePrefix, StringComparison.Ordinal) && !TryAdopt(name)))
            {
                state.Directory.Delete(name);
            }
        }
    }

    public void Dispose()
    {
        while (TryTake() is { } spare)
        {
            spare.File.Dispose();
        }
    }

    private static void Fill(IWalFile file, int bytes)
    {
        for (var offset = 0; offset < bytes; offset += FillBytes)
        {
            file.Write(Zeros.AsSpan(0, Math.Min(FillBytes, bytes - offset)), offset);
            file.Flush();
        }
    }

    private bool TryAdopt(string name)
    {
        if (Count >= state.Options.SegmentsReadyMax)
        {
            return false;
        }
        var file = state.Directory.Open(name, writable: true);
        if (file.Length != state.Options.SegmentBytes)
        {
            file.Dispose();
            return false;
        }
        Add(new SpareSegment(name, file));
        return true;
    }

    private void TryDelete(string name)
    {
        try
        {
            state.Directory.Delete(name);
        }
        catch (StorageException)
        {
            // The first failure is the one to tell; the next start removes the file.
        }
    }

    private static string Name(string prefix, ulong id) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{id:x16}{Suffix}");
}
