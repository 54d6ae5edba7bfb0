namespace Ingest.Operations.Status;

/// <summary>The log at one moment.</summary>
public sealed record LogStatus
{
    /// <summary>Where it lies.</summary>
    public required string Directory { get; init; }

    /// <summary>The log's identity.</summary>
    public required Guid Id { get; init; }

    /// <summary>The oldest sequence number still on disk.</summary>
    public required long First { get; init; }

    /// <summary>Everything up to here survives power loss.</summary>
    public required long Durable { get; init; }

    /// <summary>Bytes of its files.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes it may take before intake refuses.</summary>
    public required long BytesMax { get; init; }

    /// <summary>Events of the lane that has most to settle.</summary>
    public required long Pending { get; init; }

    /// <summary>Age of the oldest event that some lane has not settled, in seconds.</summary>
    public required double OldestPendingSeconds { get; init; }

    /// <summary>Why it takes nothing more; null while it is sound.</summary>
    public required string? Poison { get; init; }

    /// <summary>What opening it found and did.</summary>
    public required RecoveryStatus Recovery { get; init; }

    /// <summary>Events lost to damage since the directory was opened.</summary>
    public required long LostEvents { get; init; }

    /// <summary>Events that readers took from memory, since the start.</summary>
    public long ReadFromMemory { get; init; }

    /// <summary>Events that readers read from the disk, since the start.</summary>
    public long ReadFromDisk { get; init; }

    /// <summary>How often events were found wrong in memory, and read from the disk instead, since the start.</summary>
    public long MemoryErrors { get; init; }

    /// <summary>Memory that the last events take, in bytes.</summary>
    public long TailBytes { get; init; }

    /// <summary>Events are written past the page cache.</summary>
    public bool WritesDirect { get; init; }

    /// <summary>Why they are not, where <c>Wal:DirectWrites</c> asks for it; null otherwise.</summary>
    public string? DirectRefusal { get; init; }

    /// <summary>Where the damage was, at most a hundred places.</summary>
    public required IReadOnlyList<DamageStatus> Damage { get; init; }
}

/// <summary>What opening the log found and did.</summary>
/// <param name="CleanShutdown">The last stop was in order.</param>
/// <param name="BytesScanned">Bytes of the tail that were scanned.</param>
/// <param name="TornBytes">Bytes cut: a write that a crash tore.</param>
public sealed record RecoveryStatus(bool CleanShutdown, long BytesScanned, long TornBytes);

/// <summary>A damaged place of the log.</summary>
/// <param name="Segment">The file.</param>
/// <param name="Offset">Where in it, in bytes.</param>
/// <param name="Bytes">How much was skipped.</param>
/// <param name="FirstSequence">The first event lost.</param>
/// <param name="Events">How many are.</param>
/// <param name="Copy">The file below <c>quarantine/</c> with the bytes that were found.</param>
public sealed record DamageStatus(string Segment, long Offset, long Bytes, long FirstSequence, long Events, string Copy);
