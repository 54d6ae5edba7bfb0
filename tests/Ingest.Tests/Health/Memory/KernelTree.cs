using Ingest.Health.Memory;
using Ingest.Testing;

namespace Ingest.Tests.Health.Memory;

/// <summary>The kernel's files as some machine shows them, below a temporary directory.</summary>
internal sealed class KernelTree : IDisposable
{
    internal const long Machine = 16L << 30;

    /// <summary>What version 1 says where nothing is limited.</summary>
    internal const string Unlimited = "9223372036854771712";

    private readonly TemporaryDirectory _root = new();

    internal KernelTree()
    {
        Files = new KernelFiles(_root.Path);
        this["/proc/meminfo"] = $"MemTotal:       {Machine / 1024} kB\nMemFree:        24113120 kB\n";
        this["/proc/self/status"] = "VmRSS:\t  900000 kB\nRssAnon:\t  100000 kB\nRssFile:\t  799000 kB\nRssShmem:\t    1000 kB\n";
    }

    internal KernelFiles Files { get; }

    internal string Root => _root.Path;

    internal string this[string path]
    {
        set
        {
            var full = Path.Combine(_root.Path, path.TrimStart('/'));
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, value);
        }
    }

    internal MemoryLimit Limit() => MemoryLimit.Read(Files, ControlGroup.Find(Files));

    internal MemoryReading Reading() => new ProcessMemory(Files).Read();

    internal KernelTree Version2(string membership, string mountRoot = "/", string mountPoint = "/sys/fs/cgroup")
    {
        this["/proc/self/cgroup"] = $"0::{membership}\n";
        this["/proc/self/mountinfo"] =
            $"""
            22 28 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
            28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
            31 23 0:26 {mountRoot} {mountPoint} ro,nosuid,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot

            """;
        return this;
    }

    internal KernelTree Version1(
        string membership, string mountRoot = "/", string mountPoint = "/sys/fs/cgroup/memory", string controllers = "memory")
    {
        this["/proc/self/cgroup"] = $"11:cpuset:{membership}\n9:name=systemd:{membership}\n4:{controllers}:{membership}\n";
        this["/proc/self/mountinfo"] =
            $"""
            33 31 0:30 {mountRoot} /sys/fs/cgroup/cpuset rw,nosuid shared:15 - cgroup cgroup rw,cpuset
            35 31 0:32 {mountRoot} {mountPoint} rw,nosuid,nodev,noexec,relatime shared:16 master:3 - cgroup cgroup rw,{controllers}

            """;
        return this;
    }

    public void Dispose() => _root.Dispose();
}
