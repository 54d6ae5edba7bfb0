namespace Ingest.Health.Memory;

/// <summary>
/// The memory this process may fill, for those who size their buffers. A sampler looks once a second and a burst of large bodies fills a
/// small container in less: what may be held at once has to be bounded beforehand, by a share of this.
/// </summary>
public static class MemoryAllowance
{
    /// <summary>The smaller of the process's limit and the collector's own, in bytes; 0 when unknown. Reads files: ask once.</summary>
    public static long Read()
    {
        var reading = new ProcessMemory(new KernelFiles()).Read();
        return reading.Limit == 0 ? reading.GcLimit : reading.GcLimit == 0 ? reading.Limit : Math.Min(reading.Limit, reading.GcLimit);
    }

    /// <summary>What was configured, or a share of the allowance where that is less.</summary>
    /// <param name="configured">Bytes.</param>
    /// <param name="allowance">From <see cref="Read"/>; 0 limits nothing.</param>
    /// <param name="share">Above 0, below 1.</param>
    public static long Cap(long configured, long allowance, double share) =>
        allowance > 0 ? Math.Min(configured, (long)(allowance * share)) : configured;
}
