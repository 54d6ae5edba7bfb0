using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>One output file while lines are appended to it. Whatever fails, nothing is left behind its flushed length.</summary>
internal sealed class OutputFile : IDisposable
{
    private const int CopiedBytesMax = 1024 * 1024;

    private readonly OutputContext _context;
    private readonly string _folder;
    private readonly IWalFile _file;

    private OutputFile(OutputContext context, string folder, string name, IWalFile file) =>
        (_context, _folder, Name, _file) = (context, folder, name, file);

    internal string Name { get; }

    /// <summary>Bytes that are flushed.</summary>
    internal long Length { get; private set; }

    /// <summary>A flush failed, or what a failed write left could not be cut: nothing more may be written to it.</summary>
    internal bool IsDistrusted { get; private set; }

    /// <summary>Opens a file that is there; null when it is not.</summary>
    internal static OutputFile? TryOpen(OutputContext context, string folder, string name)
    {
        try
        {
            return new OutputFile(context, folder, name, context.Directory.Open(AtomicFile.In(folder, name), writable: true));
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>Creates a file durably, or takes up an empty one that an attempt before got no further with.</summary>
    internal static OutputFile Begin(OutputContext context, string folder, string name)
    {
        var file = TryOpen(context, folder, name) ?? new OutputFile(context, folder, name, context.Directory.Create(AtomicFile.In(
            folder, name)));
        try
        {
            context.Directory.Sync(folder);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a file of this name that holds something.</summary>
    internal static bool IsTaken(OutputContext context, string folder, string name)
    {
        try
        {
            using var there = context.Directory.Open(AtomicFile.In(folder, name), writable: false);
            return there.Length > 0;
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return false;
        }
    }

    /// <summary>
    /// Scans from <paramref name="offset"/> and cuts what is not whole. Returns the last sequence number; null when the file ends before
    /// the offset: another process cut it, maybe within a line.
    /// </summary>
    internal long? Recover(long offset, long held)
    {
        var there = _file.Length;
        if (there < offset)
        {
            return null;
        }
        (Length, held) = TailScan.Run(_file, offset, held);
        if (Length < there)
        {
            CopyTail(there);
            Log.TailCut(_context.Logger, _folder, Name, there - Length, held);
            Cut();
        }
        // Also when nothing was cut: lines that a killed process wrote and did not flush count as held from here.
        _file.Flush();
        return held;
    }

    /// <summary>Appends lines and flushes them.</summary>
    /// <exception cref="StorageException">None of them is in the file.</exception>
    internal void Append(ReadOnlySpan<byte> lines)
    {
        try
        {
            _file.Write(lines, Length);
        }
        catch (StorageException)
        {
            CutBack();
            throw;
        }
        try
        {
            _file.Flush();
        }
        catch (StorageException)
        {
            // The system may have dropped the pages and would not say so twice: the file gets no further flush.
            CutBack();
            IsDistrusted = true;
            throw;
        }
        Length += lines.Length;
    }

    /// <summary>False when the file was moved, deleted or cut: what is written to it now would be written to nowhere.</summary>
    internal bool IsInPlace()
    {
        try
        {
            using var there = _context.Directory.Open(AtomicFile.In(_folder, Name), writable: false);
            return there.Length >= Length;
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    // What is cut was never settled, or it is damage; a copy costs little, and damage is worth a look.
    private void CopyTail(long there)
    {
        var tail = new byte[Math.Min(there - Length, CopiedBytesMax)];
        var count = _file.Read(tail, Length);
        if (tail.AsSpan(0, count).IndexOf((byte)'\n') is >= 0 and var end && end < count - 1)
        {
            AtomicFile.Write(_context.Directory, AtomicFile.In(_folder, $"{Name}.cut"), tail.AsSpan(0, count));
        }
    }

    // Logs are never cut, so their files cannot; output is an ordinary file. The next flush makes the cut durable.
    private void Cut()
    {
        try
        {
            var path = Path.Combine(_context.Directory.Path, _folder, Name);
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.SetLength(handle, Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageFailure.Failed, $"cutting {Name}: {e.Message}", inner: e);
        }
    }

    private void CutBack()
    {
        try
        {
            Cut();
        }
        catch (StorageException e)
        {
            // Then it ends with lines that come again in the next file.
            Log.NotCutBack(_context.Logger, _folder, Name, e.Message);
            IsDistrusted = true;
        }
    }
}
