namespace Ingest.Wal.Reading;

/// <summary>How many records all readers of a log have read, by where they lay. Any thread.</summary>
internal sealed class ReadCounts
{
    private long _memory;
    private long _disk;
    private long _memoryErrors;

    /// <summary>Records that were in memory since they were committed.</summary>
    internal long Memory => Interlocked.Read(ref _memory);

    /// <summary>Records that were read from a segment.</summary>
    internal long Disk => Interlocked.Read(ref _disk);

    /// <summary>Frames that were wrong in memory.</summary>
    internal long MemoryErrors => Interlocked.Read(ref _memoryErrors);

    internal void AddMemoryError() => Interlocked.Increment(ref _memoryErrors);

    internal void Add(int memory, int disk)
    {
        Interlocked.Add(ref _memory, memory);
        Interlocked.Add(ref _disk, disk);
    }
}
