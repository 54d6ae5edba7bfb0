using System.Text.Json;
using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>
/// One stream's output: the current file, and the position held. Lines are held only once they are flushed. Sink thread only.
/// </summary>
internal sealed class OutputStream : IDisposable
{
    // A restart scans at most about this much, at some 300 MB/s.
    private const long NoteEveryBytes = 32 * 1024 * 1024;

    // Less than this is scanned faster than a note is flushed.
    private const long NoteWorthBytes = 256 * 1024;

    private readonly OutputContext _context;
    private readonly string _folder;
    private OutputPosition _noted;
    private HeldNumbers _held;
    private OutputFile? _file;
    private long _begunUnixMs;
    private int _generation;

    // A file that failed: nothing of this name is written to again.
    private string _distrusted = "";

    private OutputStream(OutputContext context, string folder, OutputPosition noted)
    {
        (_context, _folder, _noted) = (context, folder, noted);
        (_generation, Held, _begunUnixMs) = (noted.Generation, noted.Held, noted.BegunUnixMs);
        _held = HeldNumbers.Of(noted.Epochs.Count > 0
            ? noted.Epochs.Select(epoch => (epoch.Id, epoch.Last))
            : [(context.LogId, noted.Held)]);
    }

    /// <summary>Everything of the stream up to here is in its files, flushed, or was.</summary>
    internal long Held { get; private set; }

    /// <summary>When it was last written to, in batches of the sink.</summary>
    internal long LastUse { get; set; }

    /// <summary>Finds out how far the stream got, and cuts what a crash left unfinished.</summary>
    /// <exception cref="StorageException">The folder or a file cannot be read or mended.</exception>
    internal static OutputStream Open(OutputContext context, string folder)
    {
        context.Directory.CreateFolder(folder);
        var position = ReadPosition(context, folder) ?? Newest(context, folder);
        var stream = new OutputStream(context, folder, position);
        try
        {
            if (position.Log != context.LogId)
            {
                stream.BeginAnew(0);
            }
            else if (position.Rewinds != context.Rewind.Rewinds)
            {
                stream.BeginAnew(Math.Min(position.Held, context.Rewind.Next - 1));
            }
            else
            {
                stream.Continue();
                stream.LeaveWhatTheLogDoesNotKnow();
            }
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Appends lines and flushes them; then they are held.</summary>
    /// <param name="lines">Whole lines.</param>
    /// <param name="first">The first line's sequence number.</param>
    /// <param name="last">The last line's sequence number.</param>
    /// <exception cref="StorageException">None of the lines is held.</exception>
    internal void Append(ReadOnlySpan<byte> lines, long first, long last)
    {
        LeaveUnlessInPlace();
        BeginEpoch(first);
        if (_file is not null && IsToRotate(lines.Length))
        {
            Leave();
        }
        _file ??= Begin(first);
        try
        {
            _file.Append(lines);
        }
        catch (StorageException)
        {
            if (_file.IsDistrusted)
            {
                _distrusted = _file.Name;
                Leave();
            }
            throw;
        }
        Hold(last);
        if (_file.Length - _noted.Offset >= NoteEveryBytes)
        {
            NotePosition(_file.Name, _file.Length);
        }
    }

    /// <summary>Notes the position unless finding it again is cheaper, and closes the file.</summary>
    /// <exception cref="StorageException">The position could not be noted; nothing is lost, the next opening scans more.</exception>
    internal void Close(bool always)
    {
        try
        {
            if (Held != _noted.Held && (always || _file is null || _file.Length - _noted.Offset >= NoteWorthBytes))
            {
                NotePosition(_file?.Name ?? "", _file?.Length ?? 0);
            }
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose() => Leave();

    private static OutputPosition? ReadPosition(OutputContext context, string folder)
    {
        try
        {
            return CheckedNote.Read(context.Directory, folder, OutputPosition.FileName, OutputJson.Default.OutputPosition);
        }
        catch (JsonException)
        {
            Log.PositionUnreadable(context.Logger, folder);
            return null;
        }
    }

    // Without a noted position: the newest file, from its beginning. It is taken for this log's.
    private static OutputPosition Newest(OutputContext context, string folder)
    {
        var newest = context.Directory.List(folder)
            .Select(name => (Name: name, IsOurs: OutputName.TryParse(name, out var parsed), Parsed: parsed))
            .Where(file => file.IsOurs)
            .OrderBy(file => file.Parsed)
            .LastOrDefault();
        return new OutputPosition
        {
            Log = context.LogId,
            Rewinds = context.Rewind.Rewinds,
            File = newest.Name ?? "",
            Generation = newest.Parsed.Generation,
            BegunUnixMs = context.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    // Events come once more, or from another log: new files beside the old ones.
    private void BeginAnew(long held)
    {
        Held = held;
        _held = _held.DownTo(held, _context.EpochOf(held));
        Leave();
        _generation++;
        NotePosition("", 0);
    }

    private void Continue()
    {
        if (_noted.File.Length == 0)
        {
            return;
        }

        // Taken away, or never created: what was held up to the note is known.
        _file = OutputFile.TryOpen(_context, _folder, _noted.File);
        if (_file is null)
        {
            return;
        }
        // The kill may have come between the file's creation and the flush of its folder.
        _context.Directory.Sync(_folder);
        if (_file.Recover(_noted.Offset, _noted.Held) is { } held)
        {
            // What follows a note is of the epoch it names last.
            Hold(held, Epoch);
        }
        else
        {
            Leave();
        }
    }

    private Guid Epoch => _held.Epochs.Count > 0 ? _held.Epochs[^1].Epoch : _context.LogId;

    private void Hold(long last) => Hold(last, _context.EpochOf(last));

    private void Hold(long last, Guid epoch)
    {
        Held = last;
        _held = _held.With(epoch, last);
    }

    // An older copy of the log, which went on by itself, gives numbers to other events than those held here: what both share is held.
    private void LeaveWhatTheLogDoesNotKnow()
    {
        var shared = _held.UpTo(_context.LastOfEpoch);
        if (shared < Held)
        {
            Log.LogIsOlder(_context.Logger, _folder, Held, shared);
            BeginAnew(shared);
        }
    }

    // Noted before the first line of it: lines say nothing of their epoch.
    private void BeginEpoch(long first)
    {
        var epoch = _context.EpochOf(first);
        if (epoch != Epoch || _held.Epochs.Count == 0)
        {
            _held = _held.With(epoch, Held);
            if (_file is not null)
            {
                NotePosition(_file.Name, _file.Length);
            }
        }
    }

    private bool IsToRotate(int more)
    {
        var options = _context.Options;
        var age = _context.Time.GetUtcNow().ToUnixTimeMilliseconds() - _begunUnixMs;
        var isOld = options.RotateAge > TimeSpan.Zero && age >= options.RotateAge.TotalMilliseconds;
        return _file!.Length > 0 && (isOld || _file.Length + more > options.RotateBytes);
    }

    private void LeaveUnlessInPlace()
    {
        if (_file is not null && !_file.IsInPlace())
        {
            Log.FileGone(_context.Logger, _folder, _file.Name);
            Leave();

            // Maybe the whole folder went away.
            _context.Directory.CreateFolder(_folder);
        }
    }

    private void Leave()
    {
        _file?.Dispose();
        _file = null;
    }

    // The position is noted before the file exists: should the older files be gone after a crash, it is known what they held. Output is
    // never overwritten, wherever it comes from.
    private OutputFile Begin(long first)
    {
        while (OutputName.Of(first, _generation) is var taken && (taken == _distrusted || OutputFile.IsTaken(_context, _folder, taken)))
        {
            _generation++;
        }
        _begunUnixMs = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var name = OutputName.Of(first, _generation);
        NotePosition(name, 0);
        return OutputFile.Begin(_context, _folder, name);
    }

    private void NotePosition(string file, long offset)
    {
        var position = new OutputPosition
        {
            Log = _context.LogId,
            Held = Held,
            Epochs = [.. _held.Epochs.Select(epoch => new OutputEpoch(epoch.Epoch, epoch.Last))],
            Generation = _generation,
            Rewinds = _context.Rewind.Rewinds,
            File = file,
            Offset = offset,
            BegunUnixMs = _begunUnixMs,
        };
        CheckedNote.Write(_context.Directory, _folder, OutputPosition.FileName, position, OutputJson.Default.OutputPosition);
        _noted = position;
    }
}
