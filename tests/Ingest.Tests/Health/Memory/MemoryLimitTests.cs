namespace Ingest.Tests.Health.Memory;

public sealed class MemoryLimitTests : IDisposable
{
    private const long Mega = 1024 * 1024;

    private readonly KernelTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_container_in_a_namespace_of_version_2_sees_its_limit_at_the_mount()
    {
        _tree.Version2("/")["/sys/fs/cgroup/memory.max"] = "268435456\n";
        Expect(256 * Mega, "cgroup2 /sys/fs/cgroup");
    }

    [Fact]
    public void A_container_of_version_2_with_the_machines_namespace_is_found_by_its_path()
    {
        _tree.Version2("/system.slice/docker-5f3a.scope")["/sys/fs/cgroup/system.slice/docker-5f3a.scope/memory.max"] = "536870912\n";
        _tree["/sys/fs/cgroup/system.slice/memory.max"] = "max\n";
        Expect(512 * Mega, "cgroup2 /sys/fs/cgroup/system.slice/docker-5f3a.scope");
    }

    [Fact]
    public void The_smallest_limit_on_the_way_up_holds_for_a_pod()
    {
        const string pods = "/kubepods.slice/kubepods-burstable.slice";
        _tree.Version2(pods + "/pod7.slice/cri-containerd-9.scope");
        _tree[$"/sys/fs/cgroup{pods}/pod7.slice/cri-containerd-9.scope/memory.max"] = "max\n";
        _tree[$"/sys/fs/cgroup{pods}/pod7.slice/memory.max"] = "1073741824\n";
        _tree[$"/sys/fs/cgroup{pods}/memory.max"] = "2147483648\n";
        Expect(1024 * Mega, $"cgroup2 /sys/fs/cgroup{pods}/pod7.slice");
    }

    [Fact]
    public void The_limit_of_a_slice_holds_for_its_services()
    {
        _tree.Version2("/system.slice/ingest.service");
        _tree["/sys/fs/cgroup/system.slice/ingest.service/memory.max"] = "max\n";
        _tree["/sys/fs/cgroup/system.slice/memory.max"] = "2147483648\n";
        Expect(2048 * Mega, "cgroup2 /sys/fs/cgroup/system.slice");
    }

    [Fact]
    public void Where_the_kernel_stalls_before_it_kills_that_is_the_limit()
    {
        _tree.Version2("/")["/sys/fs/cgroup/memory.max"] = "1073741824\n";
        _tree["/sys/fs/cgroup/memory.high"] = "805306368\n";
        Expect(768 * Mega, "cgroup2 /sys/fs/cgroup");
    }

    [Fact]
    public void A_container_of_version_1_sees_its_own_part_of_the_tree()
    {
        _tree.Version1("/docker/5f3a", mountRoot: "/docker/5f3a")["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "268435456\n";
        Expect(256 * Mega, "cgroup1 /sys/fs/cgroup/memory");
    }

    [Fact]
    public void A_pod_of_version_1_is_limited_by_what_the_kernel_says_of_the_levels_it_cannot_see()
    {
        const string path = "/kubepods/burstable/pod7/9c";
        _tree.Version1(path, mountRoot: path)["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = KernelTree.Unlimited;
        _tree["/sys/fs/cgroup/memory/memory.stat"] =
            $"cache 93675520\nrss 1169817\nhierarchical_memory_limit 536870912\nhierarchical_memsw_limit {KernelTree.Unlimited}\n";
        Expect(512 * Mega, "cgroup1 /sys/fs/cgroup/memory");
    }

    [Fact]
    public void A_nested_group_of_version_1_is_limited_by_the_one_above()
    {
        _tree.Version1("/batch/job");
        _tree["/sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes"] = KernelTree.Unlimited;
        _tree["/sys/fs/cgroup/memory/batch/memory.limit_in_bytes"] = "1073741824";
        _tree["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = KernelTree.Unlimited;
        Expect(1024 * Mega, "cgroup1 /sys/fs/cgroup/memory/batch");
    }

    [Fact]
    public void Controllers_mounted_together_are_found()
    {
        _tree.Version1("/job", mountPoint: "/sys/fs/cgroup/hugetlb,memory", controllers: "hugetlb,memory");
        _tree["/sys/fs/cgroup/hugetlb,memory/job/memory.limit_in_bytes"] = "1073741824";
        Expect(1024 * Mega, "cgroup1 /sys/fs/cgroup/hugetlb,memory/job");
    }

    [Fact]
    public void On_a_hybrid_machine_the_hierarchy_that_has_the_controller_counts()
    {
        _tree["/proc/self/cgroup"] = "4:memory:/job\n1:cpu:/\n0::/job\n";
        _tree["/proc/self/mountinfo"] =
            """
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """;
        _tree["/sys/fs/cgroup/unified/job/cgroup.procs"] = "1\n";
        _tree["/sys/fs/cgroup/memory/job/memory.limit_in_bytes"] = "1073741824";
        Expect(1024 * Mega, "cgroup1 /sys/fs/cgroup/memory/job");
    }

    [Fact]
    public void Without_a_limit_the_machine_is_the_limit()
    {
        _tree.Version1("/")["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = KernelTree.Unlimited;
        _tree["/sys/fs/cgroup/memory/memory.stat"] = $"hierarchical_memory_limit {KernelTree.Unlimited}\n";
        Expect(KernelTree.Machine, "machine");
    }

    [Fact]
    public void A_limit_larger_than_the_machine_limits_nothing()
    {
        _tree.Version2("/")["/sys/fs/cgroup/memory.max"] = (KernelTree.Machine * 2).ToString();
        Expect(KernelTree.Machine, "machine");
    }

    [Fact]
    public void Without_control_groups_the_machine_is_the_limit() => Expect(KernelTree.Machine, "machine");

    [Fact]
    public void A_process_outside_of_its_namespace_falls_back_to_what_is_mounted()
    {
        _tree.Version2("/../../elsewhere")["/sys/fs/cgroup/memory.max"] = "1073741824\n";
        Expect(1024 * Mega, "cgroup2 /sys/fs/cgroup");
    }

    [Fact]
    public void A_path_that_is_not_there_falls_back_to_what_is_mounted()
    {
        _tree.Version1("/docker/5f3a")["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "1073741824\n";
        Expect(1024 * Mega, "cgroup1 /sys/fs/cgroup/memory");
    }

    [Fact]
    public void Mount_points_with_spaces_and_paths_with_colons_are_read()
    {
        _tree.Version2("/a:b", mountPoint: @"/sys/my\040groups")["/sys/my groups/a:b/memory.max"] = "1073741824\n";
        Expect(1024 * Mega, "cgroup2 /sys/my groups/a:b");
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1\n")]
    [InlineData("0\n")]
    [InlineData("many\n")]
    [InlineData("99999999999999999999999999\n")]
    public void What_is_no_limit_is_none(string text)
    {
        _tree.Version2("/")["/sys/fs/cgroup/memory.max"] = text;
        Expect(KernelTree.Machine, "machine");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("garbage", "garbage")]
    [InlineData("::\n0::\n0:memory:/x\n:::::\n", "1 2 3 4\n - - -\n1 2 3 / /m rw - cgroup2\n1 2 3 / / rw - cgroup2 x rw\n")]
    public void Files_of_nonsense_are_not_an_error(string membership, string mounts)
    {
        (_tree["/proc/self/cgroup"], _tree["/proc/self/mountinfo"]) = (membership, mounts);
        Assert.Equal(KernelTree.Machine, _tree.Limit().Bytes);
    }

    [Fact]
    public void Nothing_to_read_at_all_is_not_an_error()
    {
        Directory.Delete(Path.Combine(_tree.Root, "proc"), recursive: true);
        Assert.Equal(0, _tree.Limit().Bytes);
        // The collector knows the machine; it is the last word.
        Assert.True(_tree.Reading() is { Limit: > 0, Anonymous: >= 0, GcLimit: > 0 });
    }

    private void Expect(long bytes, string source) => Assert.Equal((bytes, source), (_tree.Limit().Bytes, _tree.Limit().Source));
}
