using System.Text;
using Ingest.Wal.Format;
using Ingest.Wal.Inspection;
using Ingest.Wal.Reading;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Inspection;

public sealed class InspectionTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public void A_summary_tells_what_is_there_beside_a_running_process_and_changes_nothing(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        for (var i = 1; i <= 25; i++)
        {
            log.AppendAt(i * 1000, LogExtensions.Text(i));
        }
        using var cursor = log.OpenCursor("lane");
        cursor.Save(7, default);
        log.PrepareSegments();
        var before = disk.Save();

        using var looking = disk.MountReadOnly();
        var summary = LogInspector.Summarize(looking);
        Assert.Equal(log.Id, summary.LogId);
        Assert.Equal((1, 25, 1, false), (summary.FirstSequence, summary.LastSequence, summary.Spares, summary.Clean));
        Assert.Equal([new CursorPosition("lane", 7)], summary.Cursors);
        Assert.Equal([SegmentState.Sealed, SegmentState.Sealed, SegmentState.Tail], summary.Segments.Select(segment => segment.State));
        Assert.Equal([(1L, 11L), (12L, 22L), (23L, 25L)], summary.Segments.Select(segment => (segment.BaseSequence, segment.LastSequence)));
        (long?, long?)[] times = [(1000, 11000), (12000, 22000), (23000, 25000)];
        Assert.Equal(times, summary.Segments.Select(segment => (segment.FirstUnixMs, segment.LastUnixMs)));
        Assert.Equal([4096 + (11 * 1088), 4096 + (11 * 1088), 4096 + (3 * 1088)], summary.Segments.Select(segment => segment.BytesUsed));
        Assert.Equal(3L * TestDisk.Small.SegmentBytes, summary.Bytes);
        Assert.Empty(summary.Quarantine);
        Assert.Equal(before, disk.Save());
        log.MarkClean();
        Assert.True(LogInspector.Summarize(looking).Clean);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_sound_log_verifies_with_everything_counted(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(25);
            log.Append("a", "b", "c");
            log.MarkClean();
        }
        var before = disk.Save();
        var progress = new List<long>();
        using var looking = disk.MountReadOnly();
        var report = LogInspector.Verify(looking, progress.Add, cancellation: TestContext.Current.CancellationToken);
        Assert.Empty(report.Findings);
        Assert.Equal((true, 3, 26, 28, 0), (report.Sound, report.Segments, report.Groups, report.Records, report.RecordsLost));
        Assert.Equal(3L * TestDisk.Small.SegmentBytes, report.Bytes);
        Assert.Equal([1, 2, 3], progress.Select(bytes => bytes / TestDisk.Small.SegmentBytes));
        Assert.Equal(before, disk.Save());
    }

    [Fact]
    public void Verification_counts_exactly_the_records_readers_will_miss_wherever_a_byte_is_flipped()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using (var log = disk.Open())
        {
            log.Fill(60, 300);
            log.MarkClean();
        }
        var saved = disk.Save();
        foreach (var segment in disk.Segments.ToList())
        {
            for (var offset = 0; offset < TestDisk.Small.SegmentBytes; offset += 7)
            {
                disk.Restore(saved);
                disk.Damage(segment, offset, (byte)(saved[segment][offset] ^ 0x10));
                VerifyReport report;
                using (var looking = disk.MountReadOnly())
                {
                    report = LogInspector.Verify(looking, cancellation: TestContext.Current.CancellationToken);
                }
                using var log = disk.Open();
                Assert.Equal(log.ReadAll().Lost, report.RecordsLost);
                Assert.Equal(60 - report.RecordsLost, report.Records);
                var losses = report.Findings.Where(finding => finding.Severity == FindingSeverity.Loss);
                Assert.All(losses, finding => Assert.Equal(segment, finding.File));
            }
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void Each_kind_of_trouble_is_found_and_named(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(55);
            log.SaveCursor("ahead", 55);
            log.SaveCursor("broken", 1);
        }
        var segments = disk.Segments.ToList();
        disk.Damage(segments[0], 0, 1, 2, 3);
        disk.Damage(segments[0], TestDisk.Small.SegmentBytes - 10, 1, 2, 3);
        disk.Damage(segments[1], 4096 + 1088 + 30, 0xFF);
        disk.Damage(segments[1], 4096 + (3 * 1088) - 30, 0xFF);
        disk.Remove(segments[2]);
        disk.Remove(segments[4]);
        disk.Damage("cursors/broken.cursor", 20, 0xFF);
        disk.Put("stray.wal", "x"u8);
        disk.Put("clean", "x"u8);
        using var looking = disk.MountReadOnly();
        var report = LogInspector.Verify(looking, cancellation: TestContext.Current.CancellationToken);
        Assert.False(report.Sound);
        // Of the last segment, which is missing too, a cursor tells.
        Assert.Equal(1 + 11 + 11, report.RecordsLost);
        (string File, FindingSeverity Severity, string Message)[] expected =
        [
            (segments[0], FindingSeverity.Damage, "header"),
            (segments[0], FindingSeverity.Damage, "seal"),
            (segments[1], FindingSeverity.Loss, "damaged frames"),
            (segments[1], FindingSeverity.Damage, "damaged commit frame"),
            (segments[1], FindingSeverity.Loss, "next segment is missing"),
            (segments[3], FindingSeverity.Loss, "the end is missing"),
            ("cursors/broken.cursor", FindingSeverity.Damage, "neither"),
            ("clean", FindingSeverity.Damage, "mark is damaged"),
            ("stray.wal", FindingSeverity.Note, "not named like a segment"),
        ];
        Assert.Equal(expected.Length, report.Findings.Count);
        Assert.All(expected.Zip(report.Findings), pair =>
        {
            Assert.Equal((pair.First.File, pair.First.Severity), (pair.Second.File, pair.Second.Severity));
            Assert.Contains(pair.First.Message, pair.Second.Message, StringComparison.Ordinal);
        });
    }

    [Theory, MemberData(nameof(Disks))]
    public void Missing_oldest_segments_are_found_by_a_cursor_that_holds_the_log_and_by_none_that_does_not(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(55);
            log.SaveCursor("behind", 3);
            log.SaveCursor("further", 20);
            log.SaveCursor("_own", 1);
            log.OpenCursor("made").Dispose();
        }
        var segments = disk.Segments.ToList();
        using var looking = disk.MountReadOnly();
        Assert.Empty(Verify(name => name[0] != '_').Findings);
        disk.Remove(segments[0]);
        disk.Remove(segments[1]);

        var report = Verify(name => name[0] != '_');
        var loss = Assert.Single(report.Findings);
        Assert.Equal((FindingSeverity.Loss, segments[2], 4L, 19L), (loss.Severity, loss.File, loss.FirstSequence, loss.Records));
        Assert.Contains("cursors/behind.cursor says that only events up to 3 are settled", loss.Message, StringComparison.Ordinal);
        Assert.Equal((false, 19L), (report.Sound, report.RecordsLost));
        Assert.Equal((21L, 2L), Verify(name => name == "further").Findings.Select(found => (found.FirstSequence, found.Records)).Single());
        Assert.Empty(Verify(holds: null).Findings);

        VerifyReport Verify(Func<string, bool>? holds) =>
            LogInspector.Verify(looking, cancellation: TestContext.Current.CancellationToken, holds: holds);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_torn_end_is_a_note_and_no_loss(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 3);
        disk.Damage(disk.Segments.Single(), 4096 + (2 * 1088) + 200, 0xFF);
        using var looking = disk.MountReadOnly();
        var report = LogInspector.Verify(looking, cancellation: TestContext.Current.CancellationToken);
        Assert.True(report.Sound);
        var note = Assert.Single(report.Findings);
        Assert.Equal((FindingSeverity.Note, 4096 + (2 * 1088), 1088), (note.Severity, note.Offset, note.Bytes));
        Assert.Equal(2, LogInspector.Summarize(looking).LastSequence);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_dump_lists_frames_commits_seals_and_damage_in_order(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.AppendAt(77, "one", "two");
            log.Fill(12);
        }
        var segment = disk.Segments.First();
        disk.Damage(segment, 4096 + 32, new byte[32]);
        using var looking = disk.MountReadOnly();
        var frames = LogInspector.Dump(looking).ToList();
        FrameType[] types = [FrameType.Record, FrameType.None, FrameType.Commit, FrameType.Record, FrameType.Commit];
        Assert.Equal(types, frames.Take(5).Select(frame => frame.Type));
        Assert.Equal([1L, 2L, 2L, 3L, 3L], frames.Take(5).Select(frame => frame.Sequence));
        Assert.Equal(("one", true), (Encoding.UTF8.GetString(frames[0].Body.Span), frames[0].Valid));
        Assert.Equal((4096L + 32, 32L, false), (frames[1].Offset, frames[1].Bytes, frames[1].Valid));
        Assert.Equal((77L, 2L), (frames[2].UnixMs!.Value, frames[2].Records!.Value));
        var seal = Assert.Single(frames, frame => frame.Type == FrameType.Seal);
        Assert.Equal((segment, 13L, 13L), (seal.File, seal.Sequence, seal.Records!.Value));
        Assert.Equal(14, frames[^1].Sequence);
        Assert.Equal(disk.Segments.Last(), LogInspector.Dump(looking, 14).First().File);
    }

    [Fact]
    public void An_empty_directory_is_an_empty_log()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var looking = disk.MountReadOnly();
        var summary = LogInspector.Summarize(looking);
        Assert.Equal((0, 1, 0, null), (summary.Segments.Count, summary.FirstSequence, summary.LastSequence, summary.LogId));
        Assert.True(LogInspector.Verify(looking, cancellation: TestContext.Current.CancellationToken).Sound);
        Assert.Empty(LogInspector.Dump(looking));
        Assert.Empty(disk.Files);
    }

    [Fact]
    public void Files_that_only_look_like_segments_do_not_stop_an_inspection()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        disk.Put("00000000000000000005-00000000000000aa.wal", []);
        disk.Put("00000000000000000500-00000000000000bb.wal", new byte[100]);
        disk.Put("00000000000000009000-00000000000000cc.wal", Enumerable.Repeat((byte)0x5A, 16 * 1024).ToArray());
        using var looking = disk.MountReadOnly();
        Assert.All(LogInspector.Summarize(looking).Segments, segment => Assert.Equal(SegmentState.Unreadable, segment.State));
        Assert.False(LogInspector.Verify(looking, cancellation: TestContext.Current.CancellationToken).Sound);
        Assert.Empty(LogInspector.Dump(looking));
    }
}
