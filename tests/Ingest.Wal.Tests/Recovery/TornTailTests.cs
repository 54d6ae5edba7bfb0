using Ingest.Wal.Format;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Recovery;

/// <summary>A crash in the middle of the last write: the last group is gone as a whole, everything before it is there.</summary>
public sealed class TornTailTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Fact]
    public void A_last_group_torn_at_any_byte_is_cut_and_everything_before_it_survives()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var (saved, segment, start, end) = TwoGroups(disk);
        for (var torn = start; torn < end; torn++)
        {
            if (!saved[segment].AsSpan((int)torn, (int)(end - torn)).ContainsAnyExcept((byte)0))
            {
                continue; // What did not arrive would have been zeros: nothing is torn.
            }
            disk.Restore(saved);
            disk.Damage(segment, torn, new byte[end - torn]);
            AssertCut(disk, mayLeaveSomething: torn > start);
        }
    }

    [Fact]
    public void A_last_group_of_which_only_the_end_arrived_is_cut_too()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var (saved, segment, start, end) = TwoGroups(disk);
        for (var arrived = start + 1; arrived <= end; arrived++)
        {
            disk.Restore(saved);
            disk.Damage(segment, start, new byte[arrived - start]);
            AssertCut(disk, mayLeaveSomething: true);
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_torn_group_whose_commit_arrived_is_cut_but_not_without_a_copy(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        var (_, segment, start, end) = TwoGroups(disk);
        disk.Damage(segment, start + 40, 0xFF);
        using var log = disk.Open();
        Assert.Equal(["one", "two"], log.ReadAll().Records.Values);
        var copy = Assert.Single(log.Recovery.Quarantined);
        Assert.Equal((segment, start, end - start, 0), (copy.Segment, copy.Offset, copy.Bytes, copy.Records));
        Assert.Equal(end - start, disk.Bytes(copy.Copy).Length);
        Assert.Equal(end - start, log.Recovery.TornBytes);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Garbage_behind_the_last_commit_does_not_matter(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        var (_, segment, _, end) = TwoGroups(disk);
        var garbage = new byte[disk.Bytes(segment).Length - end];
        new Random(1).NextBytes(garbage);
        disk.Damage(segment, end, garbage);
        using (var log = disk.Open())
        {
            Assert.Equal(0, log.Recovery.TornBytes);
            log.Append("four");
        }
        using var again = disk.Open();
        Assert.Equal(["one", "two", "three", "third", "four"], again.ReadAll().Records.Values);
    }

    [Theory, MemberData(nameof(Disks))]
    public void What_was_cut_never_comes_back(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        var (_, segment, start, _) = TwoGroups(disk);
        disk.Damage(segment, start + 40, 0xFF);
        disk.Open().Dispose();
        // A group that ends exactly where the frames of the torn one went on.
        using (var log = disk.Open())
        {
            Assert.Equal(0, log.Recovery.TornBytes);
            log.Append("other");
        }
        using var again = disk.Open();
        Assert.Equal((0, 0), (again.Recovery.TornBytes, again.Recovery.Quarantined.Count));
        Assert.Equal(["one", "two", "other"], again.ReadAll().Records.Values);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Recovery_does_the_same_when_it_runs_twice(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        var (_, segment, start, end) = TwoGroups(disk);
        disk.Damage(segment, start + 40, new byte[end - start - 40]);
        disk.Open().Dispose();
        var once = disk.Save();
        disk.Open().Dispose();
        // Only that it was opened is told.
        Assert.Equal(once.Where(file => file.Key != "epochs"), disk.Save().Where(file => file.Key != "epochs"));
    }

    private static (Dictionary<string, byte[]> Saved, string Segment, long Start, long End) TwoGroups(TestDisk disk)
    {
        using (var log = disk.Open())
        {
            log.Append("one", "two");
            log.Append("three", "third");
        }
        var firstGroup = 2 * FrameHeader.FrameBytes(3) + CommitBody.FrameBytes;
        var secondGroup = 2 * FrameHeader.FrameBytes(5) + CommitBody.FrameBytes;
        var start = SegmentHeader.BlockBytes + firstGroup;
        return (disk.Save(), disk.Segments.Single(), start, start + secondGroup);
    }

    private static void AssertCut(TestDisk disk, bool mayLeaveSomething)
    {
        using (var log = disk.Open())
        {
            Assert.Equal(["one", "two"], log.ReadAll().Records.Values);
            Assert.Equal(2, log.DurableSequence);
            Assert.True(mayLeaveSomething || log.Recovery.TornBytes == 0);
            Assert.False(log.Recovery.CleanShutdown);
            log.Append("after");
        }
        using var again = disk.Open();
        Assert.Equal(["one", "two", "after"], again.ReadAll().Records.Values);
        Assert.Equal(0, again.Recovery.TornBytes);
    }
}
