using System.Text;
using Ingest.Simulation.Disk;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Reading;

public sealed class CursorTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public void A_position_and_its_annotation_survive_a_restart(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(10, 10);
            using var cursor = log.OpenCursor("lane");
            Assert.Equal((false, false, 0L, 0), (cursor.Existed, cursor.Damaged, cursor.Sequence, cursor.Annotation.Length));
            for (var i = 1; i <= 9; i++)
            {
                cursor.Save(i, Encoding.UTF8.GetBytes($"at {i}"));
            }
            Assert.Equal("at 9", Encoding.UTF8.GetString(cursor.Annotation.Span));
        }
        using var again = disk.Open();
        using var same = again.OpenCursor("lane");
        Assert.Equal((true, 9, "at 9"), (same.Existed, same.Sequence, Encoding.UTF8.GetString(same.Annotation.Span)));
        same.Save(3, default);
        Assert.Equal((3, 0), (same.Sequence, same.Annotation.Length));
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_cursor_moves_backwards_too(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(10, 10);
            log.SaveCursor("lane", 10, 2);
        }
        using var again = disk.Open();
        Assert.Equal([new CursorPosition("lane", 2)], again.ListCursors());
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_save_is_one_write_and_one_flush_into_a_file_that_never_grows(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Fill(2, 10);
        using var cursor = log.OpenCursor("lane");
        var operations = new List<string>();
        directory.Watch = (operation, name) => operations.Add($"{operation} {name}");
        cursor.Save(1, new byte[WalCursor.AnnotationBytesMax]);
        Assert.Equal(["write cursors/lane.cursor", "flush cursors/lane.cursor"], operations);
        cursor.Save(2, "x"u8);
        Assert.Equal(4, operations.Count);
        directory.Watch = null;
        Assert.Equal(CursorSlot.FileBytes, disk.Bytes("cursors/lane.cursor").Length);
    }

    [Fact]
    public void A_save_torn_at_any_byte_leaves_the_position_before_it()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using (var log = disk.Open())
        {
            log.Fill(4, 10);
            using var cursor = log.OpenCursor("lane");
            cursor.Save(1, "first"u8);
            cursor.Save(2, "second"u8);
            cursor.Save(3, "third"u8);
        }
        var saved = disk.Save();
        // Slots are written in turn: the first and the third save are in the first slot, the second is in the other.
        var newest = CursorSlot.HeaderBytes + "third".Length;
        for (var torn = 0; torn < newest; torn++)
        {
            disk.Restore(saved);
            disk.Damage("cursors/lane.cursor", torn, (byte)(saved["cursors/lane.cursor"][torn] ^ 1));
            using var log = disk.Open();
            using var cursor = log.OpenCursor("lane");
            Assert.Equal((true, 2, "second"), (cursor.Existed, cursor.Sequence, Encoding.UTF8.GetString(cursor.Annotation.Span)));
            cursor.Save(4, default);
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_cursor_with_both_slots_damaged_says_so_and_starts_over(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(4, 10);
            log.SaveCursor("lane", 1, 2);
        }
        disk.Damage("cursors/lane.cursor", 20, 0xFF);
        disk.Damage("cursors/lane.cursor", CursorSlot.SlotBytes + 20, 0xFF);
        using var again = disk.Open();
        using var damaged = again.OpenCursor("lane");
        Assert.Equal((false, true, 0L), (damaged.Existed, damaged.Damaged, damaged.Sequence));
        damaged.Save(1, default);
        damaged.Dispose();
        using var mended = again.OpenCursor("lane");
        Assert.Equal((true, false, 1L), (mended.Existed, mended.Damaged, mended.Sequence));
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_cursor_cut_to_nothing_says_so(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(4, 10);
            log.SaveCursor("lane", 2);
        }
        disk.Put("cursors/lane.cursor", []);
        using var again = disk.Open();
        using var cut = again.OpenCursor("lane");
        Assert.Equal((false, true, 0L), (cut.Existed, cut.Damaged, cut.Sequence));
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_failed_save_poisons_the_cursor_until_it_is_opened_again(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Fill(4, 10);
        var cursor = log.OpenCursor("lane");
        cursor.Save(1, "one"u8);
        directory.Watch = (what, _) =>
        {
            if (what == "flush")
            {
                throw new StorageException(StorageFailure.Failed, "injected", 5);
            }
        };
        Assert.Throws<StorageException>(() => cursor.Save(2, default));
        directory.Watch = (what, name) => Assert.Fail($"{what} {name} after the failure");
        var refused = Assert.Throws<StorageException>(() => cursor.Save(3, default));
        Assert.Contains("injected", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, cursor.Sequence);
        directory.Watch = null;
        cursor.Dispose();
        Assert.Null(log.Poison);
        using var again = log.OpenCursor("lane");
        Assert.InRange(again.Sequence, 1, 2);
        again.Save(4, default);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Positions_and_annotations_out_of_bounds_are_refused_before_anything_is_written(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Fill(4, 10);
        using var cursor = log.OpenCursor("lane");
        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.Save(-1, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.Save(5, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.Save(4, new byte[WalCursor.AnnotationBytesMax + 1]));
        cursor.Save(4, default);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("-dash")]
    [InlineData("a/b")]
    [InlineData("../escape")]
    [InlineData("späti")]
    [InlineData("white space")]
    public void Names_that_could_leave_the_folder_are_refused(string name)
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using var log = disk.Open();
        Assert.Throws<ArgumentException>(() => log.OpenCursor(name));
        Assert.Throws<ArgumentException>(() => log.DeleteCursor(name));
        Assert.Throws<ArgumentException>(() => log.OpenCursor(new string('a', 129)));
        log.OpenCursor(new string('a', 128)).Dispose();
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_cursor_is_open_once_and_deleted_only_when_it_is_closed(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Fill(2, 10);
        var cursor = log.OpenCursor("b");
        log.OpenCursor("a").Dispose();
        Assert.Throws<InvalidOperationException>(() => log.OpenCursor("b"));
        Assert.Throws<InvalidOperationException>(() => log.DeleteCursor("b"));
        cursor.Save(2, default);
        Assert.Equal([new CursorPosition("a", 0), new CursorPosition("b", 2)], log.ListCursors());
        cursor.Dispose();
        cursor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cursor.Save(1, default));
        log.DeleteCursor("b");
        Assert.Equal([new CursorPosition("a", 0)], log.ListCursors());
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => log.DeleteCursor("b")).Kind);
    }

    [Fact]
    public void A_position_that_only_the_page_cache_had_is_saved_again_when_the_cursor_is_opened()
    {
        // Which of the sectors a failed flush still wrote is decided by the disk's seed: with one alone the page cache may have been right.
        for (var seed = 0; seed < 20; seed++)
        {
            var disk = new SimulatedDisk(seed);
            var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
            log.Fill(3, 10);
            var cursor = log.OpenCursor("lane");
            cursor.Save(1, default);
            disk.Faults.FailNext(DiskOperation.Flush, StorageFailure.Failed);
            Assert.Throws<StorageException>(() => cursor.Save(2, default));
            disk.Crash(CrashStyle.ProcessKilled, 0);
            using (var again = WriteAheadLog.Open(disk.Mount(), TestDisk.Small))
            {
                using var seen = again.OpenCursor("lane");
                Assert.Equal(2, seen.Sequence);
            }
            disk.Crash(CrashStyle.AllLost, 0);
            using var last = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
            Assert.Equal([new CursorPosition("lane", 2)], last.ListCursors());
        }
    }

    [Theory]
    [InlineData(CrashStyle.AllLost)]
    [InlineData(CrashStyle.AnySubset)]
    [InlineData(CrashStyle.Prefix)]
    public void Power_that_goes_while_a_cursor_is_opened_behind_a_failed_save_leaves_what_was_saved_before(CrashStyle style)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(seed);
            var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
            log.Fill(3, 10);
            var cursor = log.OpenCursor("lane");
            cursor.Save(1, Annotation(1));
            cursor.Save(2, Annotation(2));
            disk.Faults.FailNext(DiskOperation.Flush, StorageFailure.Failed);
            Assert.Throws<StorageException>(() => cursor.Save(3, Annotation(3)));
            cursor.Dispose();
            disk.Faults.FailNext(DiskOperation.Flush, StorageFailure.Failed);
            Assert.Throws<StorageException>(() => log.OpenCursor("lane"));
            disk.Crash(style, seed);

            using var last = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
            using var left = last.OpenCursor("lane");

            Assert.True(left.Sequence >= 2, $"seed {seed}: {left.Sequence} is left of 2");
        }

        // Some sectors, each of which tells one save from another.
        static byte[] Annotation(byte save) => [.. Enumerable.Repeat(save, 3000)];
    }

    [Theory, MemberData(nameof(Disks))]
    public void Other_files_among_the_cursors_are_ignored(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.OpenCursor("lane").Dispose();
        }
        disk.Put("cursors/half.cursor.tmp", new byte[10]);
        disk.Put("cursors/.cursor", new byte[10]);
        disk.Put("cursors/notes.txt", new byte[10]);
        disk.Put("cursors/short.cursor", new byte[10]);
        using var again = disk.Open();
        Assert.Equal([new CursorPosition("lane", 0), new CursorPosition("short", 0)], again.ListCursors());
        again.OpenCursor("half").Dispose();
        using var tooShort = again.OpenCursor("short");
        Assert.False(tooShort.Existed);
    }
}
