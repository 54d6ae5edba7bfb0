using Ingest.Simulation.Disk;
using Ingest.Wal.Format;
using Ingest.Wal.Repair;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Repair;

/// <summary>Random damage and power cuts. <c>WAL_REPAIR_FIRST</c> and <c>WAL_REPAIR_COUNT</c> choose other seeds.</summary>
public sealed class RepairPropertyTests
{
    private const int RoundsByDefault = 1000;

    [Fact]
    public void After_any_damage_everything_that_could_be_read_can_still_be_read_and_the_log_is_sound()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        RepairTests.Write(disk);
        var saved = disk.Save();
        var first = Number("WAL_REPAIR_FIRST") ?? 0;
        for (var seed = first; seed < first + (Number("WAL_REPAIR_COUNT") ?? RoundsByDefault); seed++)
        {
            disk.Restore(saved);
            var strayed = Damage(disk, saved, new Random(seed));
            var readable = RepairTests.Readable(disk);

            var repair = RepairTests.Run(disk, apply: true);

            // Frames of the segment itself in a wrong place leave stretches that hold no record and cannot be told apart from one.
            var sound = repair.After.Sound || (strayed && repair.After.RecordsLost == 0);
            Assert.True(sound, $"seed {seed}\n{string.Join('\n', repair.After.Findings)}");
            RepairTests.Superset(readable, RepairTests.Readable(disk));
            if (!strayed)
            {
                Assert.True(repair.After.RecordsLostBefore == Lost(disk), $"seed {seed}: what is set down is what readers miss");
                // A record of a torn group is valid by itself, and was never promised.
                var cut = repair.Steps.Any(step => step.Action == RepairAction.CutTail);
                Assert.True(cut || repair.After.Records >= repair.Before.Records, $"seed {seed}: what was valid still is");
            }
        }
    }

    [Theory]
    [InlineData(CrashStyle.ProcessKilled)]
    [InlineData(CrashStyle.AllLost)]
    [InlineData(CrashStyle.AnySubset)]
    [InlineData(CrashStyle.AlmostAllKept)]
    public void A_repair_that_the_power_cuts_short_anywhere_is_finished_by_the_next(CrashStyle style)
    {
        var before = Read(Damaged(), LogExtensions.Text(1, 300).Length);
        for (var after = 0; ; after++)
        {
            var disk = Damaged();
            disk.Faults.CutPowerAfter(after);
            if (TryRepair(disk))
            {
                Assert.True(after > 20, $"the repair has {after} changes");
                return;
            }
            disk.Crash(style, after);

            using (var directory = disk.Mount())
            {
                var repair = LogRepair.Apply(directory, cancellation: TestContext.Current.CancellationToken);
                Assert.True(repair.After.Sound, $"{style} after {after}\n{string.Join('\n', repair.After.Findings)}");
            }
            Assert.Empty(before.Except(Read(disk, 300)));
            Assert.Empty(disk.Violations);
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;

    private static long Lost(TestDisk disk)
    {
        using var log = disk.Open();
        var content = log.ReadAll();
        content.AssertAccountedFor(log.FirstSequence, log.DurableSequence, 300);
        return content.Lost;
    }

    private static bool TryRepair(SimulatedDisk disk)
    {
        try
        {
            using var directory = disk.Mount();
            LogRepair.Apply(directory, cancellation: TestContext.Current.CancellationToken);
            return true;
        }
        catch (PowerCutException)
        {
            return false;
        }
    }

    /// <summary>A log with several kinds of damage at once, one of them in its last group, which only the clean mark vouches for.</summary>
    private static SimulatedDisk Damaged()
    {
        var disk = new SimulatedDisk();
        using (var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small))
        {
            log.Fill(70, 300);
            log.Append(LogExtensions.Text(71, 300), LogExtensions.Text(72, 300), LogExtensions.Text(73, 300));
            using var broken = log.OpenCursor("broken");
            broken.Save(3, default);
            log.MarkClean();
        }
        var segments = disk.Files.Where(file => file.EndsWith(".wal", StringComparison.Ordinal)).ToList();
        var frame = FrameHeader.FrameBytes(300);
        var group = frame + CommitBody.FrameBytes;
        disk.Corrupt(segments[0], 4, 0xFF);
        disk.Corrupt(segments[0], SegmentHeader.BlockBytes + (4 * group) + 100, 0xFF);
        disk.Corrupt(segments[1], SegmentHeader.BlockBytes + (3 * group) - 20, 0xFF);
        disk.Corrupt(segments[1], TestDisk.Small.SegmentBytes - 20, 0xFF);
        // The record in the middle of the last group: those beside it may not go with it.
        disk.Corrupt(segments[2], SegmentHeader.BlockBytes + ((70 - 62) * group) + frame + 100, 0xFF);
        disk.Corrupt("cursors/broken.cursor", 20, 0xFF);
        disk.Corrupt("cursors/broken.cursor", CursorSlot.SlotBytes + 20, 0xFF);
        return disk;
    }

    private static List<long> Read(SimulatedDisk disk, int bytes)
    {
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        var content = log.ReadAll();
        Assert.All(content.Records, record => Assert.Equal(LogExtensions.Text(record.Key, bytes), record.Value));
        return [.. content.Records.Keys];
    }

    /// <summary>True: frames were written to a wrong place of their own segment.</summary>
    private static bool Damage(TestDisk disk, Dictionary<string, byte[]> saved, Random random)
    {
        var strayed = false;
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var segment = disk.Segments.ElementAt(random.Next(disk.Segments.Count()));
            var content = disk.Bytes(segment);
            switch (random.Next(10))
            {
                case 0 when disk.Segments.Count() > 1:
                    disk.Remove(segment);
                    break;
                case 1:
                    disk.Put(segment, content.AsSpan(0, random.Next(content.Length)));
                    break;
                case 2:
                    disk.Put("clean", saved["clean"].AsSpan(0, random.Next(40)));
                    break;
                case 3:
                    disk.Damage("cursors/lane.cursor", random.Next(40), (byte)random.Next(256));
                    break;
                default:
                    strayed |= Overwrite(disk, saved, segment, content.Length, random);
                    break;
            }
        }
        return strayed;
    }

    private static bool Overwrite(TestDisk disk, Dictionary<string, byte[]> saved, string segment, int length, Random random)
    {
        var bytes = new byte[random.Next(1, random.Next(2, 2000))];
        if (length <= bytes.Length)
        {
            return false;
        }
        random.NextBytes(bytes);
        var strays = random.Next(3) == 0;
        if (strays)
        {
            // What a misdirected write leaves: other parts of the same log.
            saved[segment].AsSpan(random.Next(saved[segment].Length - bytes.Length), bytes.Length).CopyTo(bytes);
        }
        disk.Damage(segment, random.Next(length - bytes.Length), bytes);
        return strays;
    }
}
