using System.Buffers;
using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Intake.Producers;
using Ingest.Wal;
using Ingest.Wal.Storage;

namespace Ingest.Hosting.Lifecycle;

/// <summary>The file of the producers. One thread at a time.</summary>
internal sealed class ProducerFile(IWalDirectory directory, WriteAheadLog log) : IDisposable
{
    /// <summary>Name of the file.</summary>
    internal const string Name = "producers";

    private readonly MarksFile _file = new(directory, log, Name);

    /// <summary>What a damaged file is renamed to.</summary>
    internal static string DamagedName => MarksFile.DamagedName(Name);

    /// <summary>The file holds every mark up to here; 0 until it is read, and where it cannot be used. Any thread.</summary>
    internal long Through => _file.Through;

    /// <summary>A save is due: the log alone has what the file should have.</summary>
    internal bool IsLost => _file.IsLost;

    /// <summary>Takes over what the file has. One that cannot be used is put aside.</summary>
    /// <exception cref="StorageException">It could not be read.</exception>
    internal MarksFound Read(ProducerSequences sequences, DateTimeOffset now) =>
        _file.Read(content => ProducerTable.TryRead(content, sequences, now));

    /// <summary>Replaces the file durably, and then moves the cursor.</summary>
    /// <exception cref="StorageException">Any of that failed; what was saved before still holds.</exception>
    internal void Save(ProducerSequences sequences, long through)
    {
        var content = new ArrayBufferWriter<byte>(64 * 1024);
        ProducerTable.Begin(content);
        sequences.Write(content);
        ProducerTable.End(content);
        _file.Save((file, from) => file.Write(content.WrittenSpan, from), through);
    }

    /// <summary>Moves the cursor alone: the log has no marks between it and there.</summary>
    /// <exception cref="StorageException">It could not be saved; what was saved before still holds.</exception>
    internal void Move(long through) => _file.Move(through);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
