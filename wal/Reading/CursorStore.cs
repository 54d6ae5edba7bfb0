using Ingest.Wal.Format;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Reading;

/// <summary>The cursors of a log. Any thread.</summary>
internal sealed class CursorStore(LogState state)
{
    private const int NameLengthMax = 128;

    private static readonly byte[] EmptyFile = new byte[CursorSlot.FileBytes];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WalCursor> _open = new(StringComparer.Ordinal);

    internal long DurableSequence => state.DurableSequence;

    /// <summary>What cursors of this log are told by.</summary>
    internal ulong Tag { get; } = CursorSlot.TagOf(state.Id);

    internal WalCursor Open(string name)
    {
        ThrowUnlessName(name);
        lock (_lock)
        {
            if (_open.ContainsKey(name))
            {
                throw new InvalidOperationException($"Cursor {name} is open already.");
            }
            state.CreateFolder(CursorFile.Folder);
            var file = OpenOrCreate(name);
            try
            {
                state.Directory.Sync(CursorFile.Folder);
                var cursor = new WalCursor(this, name, file, CursorFile.Read(file, Tag));
                cursor.SaveAgain();
                _open.Add(name, cursor);
                return cursor;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }

    internal void Closed(WalCursor cursor)
    {
        lock (_lock)
        {
            _open.Remove(cursor.Name);
        }
    }

    internal void Delete(string name)
    {
        ThrowUnlessName(name);
        lock (_lock)
        {
            if (_open.ContainsKey(name))
            {
                throw new InvalidOperationException($"Cursor {name} is open.");
            }
            state.Directory.Delete(CursorFile.Path(name));
            state.Directory.Sync(CursorFile.Folder);
        }
    }

    internal IReadOnlyList<CursorPosition> List()
    {
        lock (_lock)
        {
            return
            [
                .. Names(state.Directory).Select(name =>
                    new CursorPosition(name, _open.TryGetValue(name, out var open) ? open.Sequence : ReadPosition(state.Directory,
                        name, Tag))),
            ];
        }
    }

    /// <summary>Cursors on disk, in order of name.</summary>
    internal static IReadOnlyList<string> Names(IWalDirectory directory)
    {
        try
        {
            return
            [
                .. directory.List(CursorFile.Folder)
                    .Where(file => file.EndsWith(CursorFile.Extension, StringComparison.Ordinal))
                    .Select(file => file[..^CursorFile.Extension.Length])
                    .Where(IsName)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return [];
        }
    }

    /// <summary>A saved position; 0 when there is none, or it is another log's.</summary>
    /// <param name="directory">The log's.</param>
    /// <param name="name">The cursor.</param>
    /// <param name="log">The log's tag; null: whatever log it is of.</param>
    internal static long ReadPosition(IWalDirectory directory, string name, ulong? log)
    {
        using var file = directory.Open(CursorFile.Path(name), writable: false);
        return CursorFile.Read(file, log).Value.Sequence;
    }

    /// <summary>The highest position saved of a log. No position is kept that was not durable.</summary>
    internal static long Highest(IWalDirectory directory, ulong? log) =>
        Names(directory).Select(name => ReadPosition(directory, name, log)).DefaultIfEmpty(0).Max();

    /// <summary>The lowest position of the cursors that <paramref name="holds"/> says hold the log; 0 where it is not known.</summary>
    internal static long LowestHeld(IWalDirectory directory, Func<string, bool>? holds, ulong? log) => holds is null
        ? 0
        : Names(directory).Where(holds).Select(name => ReadPosition(directory, name, log)).DefaultIfEmpty(0).Min();

    private IWalFile OpenOrCreate(string name)
    {
        try
        {
            return state.Directory.Open(CursorFile.Path(name), writable: true);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return Create(name);
        }
    }

    /// <summary>Written whole under another name first: a cursor either has room for both its slots or is not there.</summary>
    private IWalFile Create(string name)
    {
        AtomicFile.Rename(state.Directory, CursorFile.Path(name), EmptyFile);
        return state.Directory.Open(CursorFile.Path(name), writable: true);
    }

    private static void ThrowUnlessName(string name)
    {
        if (!IsName(name))
        {
            throw new ArgumentException($"A cursor's name is [A-Za-z0-9_][A-Za-z0-9._-]{{0,127}}, not \"{name}\".", nameof(name));
        }
    }

    private static bool IsName(string? name) =>
        name is { Length: > 0 and <= NameLengthMax }
        && (char.IsAsciiLetterOrDigit(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
