namespace Ingest.Health.Memory;

/// <summary>The memory this process may use before the kernel interferes.</summary>
/// <param name="Bytes">0 when unknown.</param>
/// <param name="Source">For people: <c>cgroup2 /sys/fs/cgroup</c>, <c>cgroup1 …</c>, <c>machine</c>.</param>
internal readonly record struct MemoryLimit(long Bytes, string Source)
{
    /// <summary>
    /// The smallest limit on the way from the process's group up to the mount, else the machine's memory. <c>memory.high</c> counts as
    /// <c>memory.max</c> does: above it the kernel does not kill, but stalls every allocation, which serves no request either.
    /// </summary>
    internal static MemoryLimit Read(KernelFiles files, IReadOnlyList<ControlGroup> groups)
    {
        var machine = KernelFiles.Value(files.Text("/proc/meminfo"), "MemTotal");
        var smallest = new MemoryLimit(machine ?? 0, machine is null ? "unknown" : "machine");
        foreach (var group in groups)
        {
            foreach (var path in group.Upwards())
            {
                foreach (var limit in Limits(files, group.Version, path))
                {
                    // Version 1 has no word for "none": it says a number larger than any machine.
                    if (limit > 0 && (smallest.Bytes == 0 ? limit < UnlimitedFrom : limit < smallest.Bytes))
                    {
                        smallest = new MemoryLimit(limit, $"cgroup{group.Version} {path}");
                    }
                }
            }
        }
        return smallest;
    }

    private const long UnlimitedFrom = 1L << 60;

    private static IEnumerable<long> Limits(KernelFiles files, int version, string path)
    {
        long?[] found = version == 2
            ? [files.Number(path + "/memory.max"), files.Number(path + "/memory.high")]
            :
            [
                files.Number(path + "/memory.limit_in_bytes"),
                KernelFiles.Value(files.Text(path + "/memory.stat"), "hierarchical_memory_limit"),
            ];
        return found.OfType<long>();
    }
}
