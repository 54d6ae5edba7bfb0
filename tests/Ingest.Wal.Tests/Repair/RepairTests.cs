using Ingest.Wal.Format;
using Ingest.Wal.Inspection;
using Ingest.Wal.Repair;
using Ingest.Wal.Retention;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Repair;

/// <summary>Whatever was damaged: a plan that changes nothing, a repair that does what was planned, and a log that is sound.</summary>
public sealed class RepairTests
{
    private const int Bytes = 300;
    private const int Records = 120;

    private static int GroupBytes => FrameHeader.FrameBytes(Bytes) + CommitBody.FrameBytes;

    private static int Size => TestDisk.Small.SegmentBytes;

    public static TheoryData<DiskKind, string> Cases
    {
        get
        {
            var cases = new TheoryData<DiskKind, string>();
            foreach (var name in Damages.Keys)
            {
                cases.Add(DiskKind.Simulated, name);
                cases.Add(DiskKind.Real, name);
            }
            return cases;
        }
    }

    /// <summary>What is done to a log of several segments, and how many of its records cannot be read any more.</summary>
    private static Dictionary<string, (Action<TestDisk> Damage, long Lost)> Damages { get; } = new()
    {
        ["a header"] = (disk => disk.Damage(Segment(disk, 1), 0, 1, 2, 3), 0),
        ["every header"] = (disk => disk.Segments.ToList().ForEach(file => disk.Damage(file, 20, 1, 2, 3)), 0),
        ["a seal"] = (disk => disk.Damage(Segment(disk, 0), Size - 20, 1, 2, 3), 0),
        ["a seal and what is before it"] = (disk => disk.Damage(Segment(disk, 0), Size - 900, new byte[900]), 2),
        ["a commit's header"] = (disk => disk.Damage(Segment(disk, 1), Commit(4), 0xFF), 0),
        ["a commit's body"] = (disk => disk.Damage(Segment(disk, 1), Commit(4) + 30, 0xFF), 0),
        ["the last commit of a segment"] = (disk => disk.Damage(Segment(disk, 0), Commit(30) + 5, 0xFF), 0),
        ["a record's header"] = (disk => disk.Damage(Segment(disk, 1), Record(5) + 3, 0xFF), 1),
        ["a record's body"] = (disk => disk.Damage(Segment(disk, 1), Record(5) + 100, 0xFF), 1),
        ["a record and its commit"] = (disk =>
        {
            disk.Damage(Segment(disk, 1), Record(5) + 100, 0xFF);
            disk.Damage(Segment(disk, 1), Commit(5) + 30, 0xFF);
        }, 1),
        ["a block in the middle"] = (disk => disk.Damage(Segment(disk, 1), 8192, new byte[4096]), 11),
        ["a segment is gone"] = (disk => disk.Remove(Segment(disk, 1)), 31),
        ["a segment is empty"] = (disk => disk.Put(Segment(disk, 1), []), 31),
        ["a segment is rubbish"] = (disk => disk.Put(Segment(disk, 1), Enumerable.Repeat((byte)0x5A, Size).ToArray()), 31),
        ["a segment was cut short"] = (disk => disk.Put(Segment(disk, 1), disk.Bytes(Segment(disk, 1)).AsSpan(0, 10_000)), 16),
        ["a segment was cut short and has no header"] = (disk =>
        {
            disk.Put(Segment(disk, 1), disk.Bytes(Segment(disk, 1)).AsSpan(0, 10_001));
            disk.Damage(Segment(disk, 1), 0, 1, 2, 3);
        }, 16),
        ["a segment has grown"] = (disk => disk.Put(Segment(disk, 1), [.. disk.Bytes(Segment(disk, 1)), .. new byte[5000]]), 0),
        ["a cursor"] = (disk => disk.Damage("cursors/lane.cursor", 20, 0xFF), 0),
        ["a cursor ahead of the log"] = (disk => disk.Remove(Segment(disk, 3)), 27),
        ["the clean mark"] = (disk => disk.Put("clean", "x"u8), 0),
        ["the last record of all"] = (disk => disk.Damage(Segment(disk, 3), Record(27) + 100, 0xFF), 1),
        ["a segment of another log"] = (disk =>
        {
            using var other = TestDisk.Create(DiskKind.Simulated);
            using (var log = other.Open())
            {
                log.Fill(3);
            }
            disk.Put(other.Segments.Single().Replace("00000000000000000001", "00000000000000000500", StringComparison.Ordinal), other.Bytes(
                other.Segments.Single()));
        }, 0),
    };

    [Theory, MemberData(nameof(Cases))]
    public void Each_kind_of_damage_is_planned_mended_and_sound_afterwards(DiskKind kind, string what)
    {
        using var disk = TestDisk.Create(kind);
        Write(disk);
        Damages[what].Damage(disk);
        var damaged = disk.Save();
        var readable = Readable(disk);
        disk.Restore(damaged);

        var plan = Run(disk, apply: false);
        Assert.Equal(damaged, disk.Save());
        Assert.False(plan.Before.Sound);
        Assert.NotEmpty(plan.Steps);

        var repair = Run(disk, apply: true);
        Assert.Equal(plan.Steps.Select(Comparable), repair.Steps.Select(Comparable));
        Assert.True(repair.After.Sound, string.Join('\n', repair.After.Findings));
        Assert.True(plan.After.Sound);
        Assert.Equal(Damages[what].Lost, repair.After.RecordsLostBefore);
        Assert.Equal(0, repair.After.RecordsLost);
        Assert.All(repair.Steps.Where(step => step.Copy.Length > 0), step => Assert.Contains(step.Copy, disk.Files));

        Assert.Empty(Run(disk, apply: true).Steps);
        Superset(readable, Readable(disk));
        using var log = disk.Open();
        Assert.InRange(log.DurableSequence, Records, Records + (TestDisk.Small.SegmentBytes / FrameHeader.Bytes));
        log.Append("after");
        Assert.Equal("after", log.ReadAll(Records + 1).Records.Values.Single());
    }

    [Fact]
    public void Copies_hold_exactly_the_bytes_that_were_damaged()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        Write(disk);
        var segment = Segment(disk, 1);
        disk.Damage(segment, Commit(4) + 30, 0xFF);
        disk.Damage(segment, Record(9) + 50, 1, 2, 3);
        var damaged = disk.Bytes(segment);

        var copies = Run(disk, apply: true).Steps.Where(step => step.Action == RepairAction.CopyAside).ToList();

        Assert.Equal([(Commit(4), 64L), (Record(9), FrameHeader.FrameBytes(Bytes))], copies.Select(step => (step.Offset, step.Bytes)));
        Assert.All(copies, step => Assert.Equal(damaged.AsSpan((int)step.Offset, (int)step.Bytes).ToArray(), disk.Bytes(step.Copy)));
    }

    [Fact]
    public void A_sound_log_is_left_alone_and_a_torn_tail_is_the_next_starts_business()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using (var log = disk.Open())
        {
            log.Fill(3);
        }
        disk.Damage(disk.Segments.Single(), 4096 + (2 * 1088) + 200, 0xFF);
        var before = disk.Save();

        Assert.Empty(Run(disk, apply: true).Steps);
        Assert.Equal(before, disk.Save());
    }

    [Fact]
    public void New_damage_beside_what_was_set_down_is_told_from_it()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        Write(disk);
        disk.Damage(Segment(disk, 1), Record(5) + 100, 0xFF);
        Run(disk, apply: true);
        disk.Damage(Segment(disk, 1), Record(7) + 100, 0xFF);

        var found = Run(disk, apply: false).Before;

        Assert.Equal((1, 1, false), (found.RecordsLost, found.RecordsLostBefore, found.Sound));
        disk.Damage(AcknowledgedLosses.FileName, 18, 0xFF);
        Assert.Contains(Run(disk, apply: false).Before.Findings, finding => finding.File == AcknowledgedLosses.FileName);
        Assert.True(Run(disk, apply: true).After.Sound);
    }

    [Fact]
    public void A_reset_cursor_holds_the_log_and_stands_before_the_oldest_record()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        Write(disk);
        using (var log = disk.Open())
        {
            log.Reclaim(new ReclaimLimits(31, long.MaxValue, 0));
        }
        disk.Damage("cursors/lane.cursor", 20, 0xFF);
        disk.Damage("cursors/lane.cursor", CursorSlot.SlotBytes + 20, 0xFF);

        Run(disk, apply: true);

        using var after = disk.Open();
        using var cursor = after.OpenCursor("lane");
        Assert.Equal((true, false, after.FirstSequence - 1), (cursor.Existed, cursor.Damaged, cursor.Sequence));
        Assert.True(after.FirstSequence > 1);
    }

    [Theory, InlineData(DiskKind.Simulated), InlineData(DiskKind.Real)]
    public void A_missing_beginning_is_not_sound_and_beyond_repair_also_beside_damage_that_is_mended(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        Write(disk);
        using (var log = disk.Open())
        {
            using var behind = log.OpenCursor("behind");
            behind.Save(7, default);
            log.MarkClean();
        }
        disk.Remove(Segment(disk, 0));
        var missing = disk.Save();

        Assert.True(Run(disk, apply: false).Before.Sound, "nobody knows of a cursor that holds the log");
        foreach (var apply in (bool[])[false, true])
        {
            var report = Run(disk, apply, cursor => cursor == "behind");
            Assert.Empty(report.Steps);
            Assert.Equal((FindingSeverity.Loss, 8, 24), Single(report.After));
            Assert.Equal(missing, disk.Save());
        }
        disk.Damage(Segment(disk, 1), 20, 1, 2, 3);
        Assert.NotEmpty(Run(disk, apply: true, cursor => cursor == "behind").Steps);
        Assert.Equal((FindingSeverity.Loss, 8, 24), Single(Run(disk, apply: true, cursor => cursor == "behind").After));

        static (FindingSeverity, long First, long Records) Single(VerifyReport report)
        {
            var finding = Assert.Single(report.Findings);
            Assert.Contains("no repair brings it back", finding.Message, StringComparison.Ordinal);
            return (finding.Severity, finding.FirstSequence, finding.Records);
        }
    }

    internal static void Write(TestDisk disk)
    {
        using var log = disk.Open();
        log.Fill(Records, Bytes);
        using var cursor = log.OpenCursor("lane");
        cursor.Save(Records, default);
        log.MarkClean();
    }

    internal static RepairReport Run(TestDisk disk, bool apply, Func<string, bool>? holds = null)
    {
        using var directory = disk.Mount();
        var cancel = TestContext.Current.CancellationToken;
        return apply ? LogRepair.Apply(directory, holds, cancel) : LogRepair.Plan(directory, holds, cancel);
    }

    /// <summary>What an ordinary start reads; the disk is as it was afterwards.</summary>
    internal static SortedDictionary<long, string> Readable(TestDisk disk)
    {
        var saved = disk.Save();
        LogContent content;
        using (var log = disk.Open())
        {
            content = log.ReadAll();
        }
        disk.Restore(saved);
        Assert.All(content.Records, record => Assert.Equal(LogExtensions.Text(record.Key, Bytes), record.Value));
        return content.Records;
    }

    internal static void Superset(SortedDictionary<long, string> before, SortedDictionary<long, string> after) =>
        Assert.Empty(before.Keys.Except(after.Keys));

    // Identities of segments made on the way are random.
    private static object Comparable(RepairStep step) =>
        (step.Action, step.File, step.Offset, step.Bytes, step.FirstSequence, step.Records, step.Copy);

    private static string Segment(TestDisk disk, int index) => disk.Segments.ElementAt(index);

    private static long Record(int number) => SegmentHeader.BlockBytes + ((number - 1L) * GroupBytes);

    private static long Commit(int number) => Record(number) + FrameHeader.FrameBytes(Bytes);
}
