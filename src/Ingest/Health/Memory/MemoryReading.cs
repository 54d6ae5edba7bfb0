namespace Ingest.Health.Memory;

/// <summary>
/// What this process holds of the memory it may have. Page cache is not in it: the log fills the page cache by design, and the kernel takes
/// it back whenever it likes.
/// </summary>
/// <param name="Anonymous">
/// Bytes of anonymous and shared memory of this process, managed and native: what no kernel can take back without swapping or killing.
/// Of this process and not of its control group, because other processes of the group are not ours to make smaller.
/// </param>
/// <param name="Limit">The smallest limit that holds for the process, in bytes; 0 when unknown.</param>
/// <param name="LimitSource">Where the limit comes from, for people.</param>
/// <param name="GcHeap">Bytes of the managed heap, garbage included.</param>
/// <param name="GcLimit">
/// The garbage collector's own hard limit (three quarters of a container's by default), else the machine's memory; 0 when unknown.
/// </param>
public readonly record struct MemoryReading(long Anonymous, long Limit, string LimitSource, long GcHeap, long GcLimit)
{
    /// <summary>Used over allowed, of the two the larger: the collector fails at its own limit before the container's is reached.</summary>
    public double Ratio => Math.Max(Share(Anonymous, Limit), Share(GcHeap, GcLimit));

    private static double Share(long used, long limit) => limit > 0 ? Math.Max(0, used) / (double)limit : 0;
}
