namespace Ingest.Health.Memory;

/// <summary>Reads what this process uses and may use. One thread at a time.</summary>
internal sealed class ProcessMemory(KernelFiles files)
{
    private string? _membership;
    private IReadOnlyList<ControlGroup> _groups = [];

    /// <summary>Never throws: what cannot be read is 0 and counts for nothing.</summary>
    internal MemoryReading Read()
    {
        // The list of mounts is long on some machines; it matters again only when the process was moved.
        var membership = files.Text("/proc/self/cgroup");
        if (membership != _membership)
        {
            (_membership, _groups) = (membership, ControlGroup.Find(files));
        }
        var limit = MemoryLimit.Read(files, _groups);
        var collector = GC.GetGCMemoryInfo();
        return new MemoryReading(
            Anonymous(collector),
            limit.Bytes > 0 ? limit.Bytes : collector.TotalAvailableMemoryBytes,
            limit.Source,
            GC.GetTotalMemory(forceFullCollection: false),
            collector.TotalAvailableMemoryBytes);
    }

    // Some kernels (sandboxes) do not split the resident set; some systems have no such file at all.
    private long Anonymous(GCMemoryInfo collector)
    {
        var status = files.Text("/proc/self/status");
        return KernelFiles.Value(status, "RssAnon") is { } anonymous
            ? anonymous + (KernelFiles.Value(status, "RssShmem") ?? 0)
            : KernelFiles.Value(status, "VmRSS") ?? collector.TotalCommittedBytes;
    }
}
