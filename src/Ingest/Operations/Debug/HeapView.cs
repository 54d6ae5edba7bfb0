namespace Ingest.Operations.Debug;

/// <summary>The managed heap as its collector sees it. Bytes, unless the name says otherwise.</summary>
internal sealed record HeapView
{
    /// <summary>Bytes of live objects and what has not been collected yet.</summary>
    public required long HeapBytes { get; init; }

    /// <summary>Bytes the collector has from the system.</summary>
    public required long CommittedBytes { get; init; }

    /// <summary>Bytes between live objects that the last collection left.</summary>
    public required long FragmentedBytes { get; init; }

    /// <summary>Where the collector becomes anxious.</summary>
    public required long HighLoadBytes { get; init; }

    /// <summary>The most the heap may have.</summary>
    public required long AvailableBytes { get; init; }

    /// <summary>Bytes allocated since the start.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Collections since the start, by generation.</summary>
    public required int[] Collections { get; init; }

    /// <summary>Time all threads stood still for collections since the start.</summary>
    public required double PauseSeconds { get; init; }

    /// <summary>The same as a share of the last interval, as the collector reports it.</summary>
    public required double PausePercent { get; init; }

    /// <summary>The pauses of the last collection.</summary>
    public required double[] LastPausesMs { get; init; }

    /// <summary>Bytes by generation, the large and the pinned heap behind them.</summary>
    public required long[] GenerationBytes { get; init; }

    /// <summary>Objects that are pinned.</summary>
    public required long Pinned { get; init; }

    /// <summary>Whether the collector is the server's.</summary>
    public required bool ServerCollector { get; init; }

    internal static HeapView Read()
    {
        var info = GC.GetGCMemoryInfo(GCKind.Any);
        return new HeapView
        {
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            CommittedBytes = info.TotalCommittedBytes,
            FragmentedBytes = info.FragmentedBytes,
            HighLoadBytes = info.HighMemoryLoadThresholdBytes,
            AvailableBytes = info.TotalAvailableMemoryBytes,
            AllocatedBytes = GC.GetTotalAllocatedBytes(),
            Collections = [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)],
            PauseSeconds = GC.GetTotalPauseDuration().TotalSeconds,
            PausePercent = info.PauseTimePercentage,
            LastPausesMs = [.. info.PauseDurations.ToArray().Select(pause => pause.TotalMilliseconds)],
            GenerationBytes = [.. info.GenerationInfo.ToArray().Select(generation => generation.SizeAfterBytes)],
            Pinned = info.PinnedObjectsCount,
            ServerCollector = System.Runtime.GCSettings.IsServerGC,
        };
    }
}
