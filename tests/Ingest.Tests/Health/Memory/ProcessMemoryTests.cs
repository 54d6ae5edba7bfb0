using Ingest.Health.Memory;
using Ingest.Testing;

namespace Ingest.Tests.Health.Memory;

[Collection(Alone.Name)]
public sealed class ProcessMemoryTests
{
    [Fact]
    public void Page_cache_and_mapped_files_do_not_count()
    {
        using var tree = new KernelTree();
        tree.Version2("/")["/sys/fs/cgroup/memory.max"] = "1000000000";
        tree["/sys/fs/cgroup/memory.current"] = "999999999";
        Assert.Equal(101_000 * 1024, tree.Reading().Anonymous);
        Assert.Equal(1_000_000_000, tree.Reading().Limit);
    }

    [Fact]
    public void Where_the_resident_set_is_not_split_all_of_it_counts()
    {
        using var tree = new KernelTree();
        tree["/proc/self/status"] = "Name:\tRssAnonymous\nVmRSS:\t  900000 kB\n";
        Assert.Equal(900_000 * 1024, tree.Reading().Anonymous);
    }

    [Fact]
    public void A_process_that_is_moved_is_looked_for_again()
    {
        using var tree = new KernelTree();
        var memory = new ProcessMemory(tree.Files);
        tree.Version2("/a")["/sys/fs/cgroup/a/memory.max"] = "1000000000";
        tree["/sys/fs/cgroup/b/memory.max"] = "2000000000";
        Assert.Equal(1_000_000_000, memory.Read().Limit);
        tree["/proc/self/cgroup"] = "0::/b\n";
        Assert.Equal(2_000_000_000, memory.Read().Limit);
        tree["/sys/fs/cgroup/b/memory.max"] = "3000000000";
        Assert.Equal(3_000_000_000, memory.Read().Limit);
    }

    [Fact]
    public void The_larger_of_the_two_shares_counts()
    {
        Assert.Equal(0.5, new MemoryReading(50, 100, "", 10, 100).Ratio);
        Assert.Equal(0.9, new MemoryReading(50, 100, "", 90, 100).Ratio);
        Assert.Equal(0.1, new MemoryReading(50, 0, "", 10, 100).Ratio);
        Assert.Equal(0, new MemoryReading(50, 0, "", 10, 0).Ratio);
    }

    [Fact]
    public void Buffers_are_capped_by_a_share_of_the_allowance_where_it_is_known()
    {
        Assert.Equal(100, MemoryAllowance.Cap(100, 1000, 0.25));
        Assert.Equal(50, MemoryAllowance.Cap(100, 200, 0.25));
        Assert.Equal(100, MemoryAllowance.Cap(100, 0, 0.25));
        Assert.True(MemoryAllowance.Read() > 0);
    }

    [Fact]
    public async Task On_this_machine_a_file_of_64_MB_in_the_page_cache_changes_nothing_and_an_array_of_64_MB_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        const int size = 64 * 1024 * 1024;
        using var directory = new TemporaryDirectory();
        var memory = new ProcessMemory(new KernelFiles());
        var chunk = new byte[1024 * 1024];
        // What the tests before this one left behind goes now, not between two readings.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var before = memory.Read();
        Assert.InRange(before.Anonymous, 1, before.Limit);
        await using (var file = File.Create(directory["cached"]))
        {
            for (var written = 0; written < size; written += chunk.Length)
            {
                await file.WriteAsync(chunk, TestContext.Current.CancellationToken);
            }
        }
        Assert.InRange(memory.Read().Anonymous - before.Anonymous, long.MinValue, size / 2);
        var held = GC.AllocateUninitializedArray<byte>(4 * size, pinned: true);
        Array.Fill(held, (byte)1);
        Assert.InRange(memory.Read().Anonymous - before.Anonymous, 2 * size, long.MaxValue);
        GC.KeepAlive(held);
    }
}
