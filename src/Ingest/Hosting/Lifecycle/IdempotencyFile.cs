using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Intake.Idempotency;
using Ingest.Wal;
using Ingest.Wal.Storage;

namespace Ingest.Hosting.Lifecycle;

/// <summary>The file of the requests that may be repeated. One thread at a time.</summary>
internal sealed class IdempotencyFile(IWalDirectory directory, WriteAheadLog log) : IDisposable
{
    /// <summary>Name of the file.</summary>
    internal const string Name = "repeats";

    // Flushed bit by bit, so that the commits beside it never queue behind the whole of a large one.
    private const int FlushBytes = 1024 * 1024;

    private readonly MarksFile _file = new(directory, log, Name);

    /// <summary>What a damaged file is renamed to.</summary>
    internal static string DamagedName => MarksFile.DamagedName(Name);

    /// <summary>The file has every request up to here; 0 until it is read, and where it cannot be used. Any thread.</summary>
    internal long Through => _file.Through;

    /// <summary>A save is due: the log alone has what the file should have.</summary>
    internal bool IsLost => _file.IsLost;

    /// <summary>Takes over what the file has. One that cannot be used is put aside.</summary>
    /// <exception cref="StorageException">It could not be read.</exception>
    internal MarksFound Read(IdempotencyWindow window, DateTimeOffset now) =>
        _file.Read(content => IdempotencyTable.TryRead(content, window, now));

    /// <summary>Replaces the file durably, and then moves the cursor.</summary>
    /// <exception cref="StorageException">Any of that failed; what was saved before still holds.</exception>
    internal void Save(IdempotencyWindow window, TimeProvider time, long through) =>
        _file.Save((file, from) => Fill(file, from, window, time), through);

    /// <summary>Moves the cursor alone: the log has no such requests between it and there.</summary>
    /// <exception cref="StorageException">It could not be saved; what was saved before still holds.</exception>
    internal void Move(long through) => _file.Move(through);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void Fill(IWalFile file, long from, IdempotencyWindow window, TimeProvider time)
    {
        var (written, flushed) = (from, from);
        IdempotencyTable.Write(window, time, piece =>
        {
            file.Write(piece, written);
            written += piece.Length;
            if (written - flushed >= FlushBytes)
            {
                file.Flush();
                flushed = written;
            }
        });
    }
}
