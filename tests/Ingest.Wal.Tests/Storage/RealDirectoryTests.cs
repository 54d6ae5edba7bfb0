using Ingest.Testing;
using Ingest.Wal.Storage;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Storage;

/// <summary>What only a real file system can show.</summary>
public sealed class RealDirectoryTests
{
    [Fact]
    public void A_second_process_is_refused_with_the_id_of_the_first_until_that_lets_go()
    {
        using var temporary = new TemporaryDirectory();
        var path = temporary["log"];
        using (WalDirectory.Open(path))
        {
            var refused = Assert.Throws<StorageException>(() => WalDirectory.Open(path));
            Assert.Equal(StorageFailure.InUse, refused.Kind);
            Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            // Looking is allowed.
            using var readOnly = WalDirectory.OpenReadOnly(path);
            Assert.Equal(["lock"], readOnly.List());
        }
        WalDirectory.Open(path).Dispose();
    }

    [Fact]
    public void A_second_process_is_refused_also_when_the_lock_file_was_deleted()
    {
        using var temporary = new TemporaryDirectory();
        using var first = WalDirectory.Open(temporary.Path);
        File.Delete(temporary["lock"]);
        Assert.Equal(StorageFailure.InUse, Assert.Throws<StorageException>(() => WalDirectory.Open(temporary.Path)).Kind);
        Assert.True(first.IsInPlace);
        first.Create("file").Dispose();
    }

    [Fact]
    public void A_process_whose_directory_was_moved_changes_nothing_in_the_one_that_took_its_place()
    {
        using var temporary = new TemporaryDirectory();
        using var first = WalDirectory.Open(temporary["log"]);
        Assert.True(first.IsInPlace);
        Directory.Move(temporary["log"], temporary["moved"]);
        Assert.False(first.IsInPlace);
        using var second = WalDirectory.Open(temporary["log"]);
        Assert.False(first.IsInPlace);
        Assert.Throws<StorageException>(() => first.Create("file"));
        Assert.Throws<StorageException>(() => first.Delete("lock"));
        Assert.Equal(["lock"], second.List());
        Assert.True(second.IsInPlace);
    }

    [Fact]
    public void An_earlier_builds_lock_file_is_taken_over_unless_it_is_held()
    {
        using var temporary = new TemporaryDirectory();
        using (var earlier = WalDirectory.Open(temporary.Path))
        {
            Assert.Throws<StorageException>(() => WalDirectory.Open(temporary.Path, ".lock", "lock"));
        }
        WalDirectory.Open(temporary.Path, ".lock", "lock").Dispose();
        Assert.False(File.Exists(temporary["lock"]));
        File.WriteAllText(temporary["lock"], "no process id");
        WalDirectory.Open(temporary.Path, ".lock", "lock").Dispose();
        Assert.Equal("no process id", File.ReadAllText(temporary["lock"]));
    }

    [Fact]
    public void Parents_are_created_and_a_relative_path_is_made_absolute()
    {
        using var temporary = new TemporaryDirectory();
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, temporary["a/b/c"]);
        using var directory = WalDirectory.Open(relative);
        Assert.Equal(temporary["a/b/c"], directory.Path);
        Assert.True(Directory.Exists(temporary["a/b/c"]));
        Assert.True(directory.FreeBytes > 0);
    }

    [Fact]
    public void A_path_that_is_a_file_or_missing_is_told_apart()
    {
        using var temporary = new TemporaryDirectory();
        File.WriteAllText(temporary["file"], "");
        Assert.Throws<StorageException>(() => WalDirectory.Open(temporary["file"]));
        Assert.Throws<StorageException>(() => WalDirectory.Open(temporary["file/below"]));
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => WalDirectory.OpenReadOnly(temporary["none"])).Kind);
        Assert.Throws<ArgumentException>(() => WalDirectory.Open(""));
    }

    [Fact]
    public void Missing_files_are_not_found_and_existing_ones_are_not_created_again()
    {
        using var temporary = new TemporaryDirectory();
        using var directory = WalDirectory.Open(temporary.Path);
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => directory.Open("none", writable: false)).Kind);
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => directory.Delete("none")).Kind);
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => directory.Rename("none", "other")).Kind);
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => directory.List("none")).Kind);
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => directory.Sync("none")).Kind);
        directory.Create("file").Dispose();
        var exists = Assert.Throws<StorageException>(() => directory.Create("file"));
        Assert.Contains("file", exists.Message, StringComparison.Ordinal);
        Assert.Equal(17, exists.ErrorNumber);
    }

    [Fact]
    public void Folders_are_created_once_and_left_out_of_the_list()
    {
        using var temporary = new TemporaryDirectory();
        using var directory = WalDirectory.Open(temporary.Path);
        directory.CreateFolder("folder");
        directory.CreateFolder("folder");
        directory.Create("folder/file").Dispose();
        directory.Sync("folder");
        Assert.Equal(["lock"], directory.List());
        Assert.Equal(["file"], directory.List("folder"));
        directory.Rename("folder/file", "moved");
        Assert.Equal(["lock", "moved"], directory.List().Order());
    }

    [Fact]
    public void Reads_stop_at_the_end_and_writes_extend()
    {
        using var temporary = new TemporaryDirectory();
        using var directory = WalDirectory.Open(temporary.Path);
        using var file = directory.Create("file");
        file.Write([1, 2, 3], 5);
        file.Flush();
        Assert.Equal(8, file.Length);
        var buffer = new byte[10];
        Assert.Equal(3, file.Read(buffer, 5));
        Assert.Equal([1, 2, 3], buffer[..3]);
        Assert.Equal(0, file.Read(buffer, 8));
        Assert.Equal(0, file.Read(buffer, 100));
        Assert.True(file.Reserve(10_000));
        Assert.Equal(10_000, file.Length);
    }

    [Fact]
    public void Opened_for_reading_nothing_can_be_changed()
    {
        using var temporary = new TemporaryDirectory();
        File.WriteAllText(temporary["file"], "x");
        using var directory = WalDirectory.OpenReadOnly(temporary.Path);
        Assert.Throws<InvalidOperationException>(() => directory.Create("new"));
        Assert.Throws<InvalidOperationException>(() => directory.Open("file", writable: true));
        Assert.Throws<InvalidOperationException>(() => directory.Rename("file", "other"));
        Assert.Throws<InvalidOperationException>(() => directory.Delete("file"));
        Assert.Throws<InvalidOperationException>(() => directory.CreateFolder("folder"));
        Assert.Throws<InvalidOperationException>(() => directory.Sync());
        using var file = directory.Open("file", writable: false);
        Assert.Throws<StorageException>(() => file.Write([1], 0));
        Assert.Equal(["file"], Directory.EnumerateFiles(temporary.Path).Select(Path.GetFileName));
    }

    /// <summary>By its absence the process would be dead: the limit's signal kills unless it is ignored.</summary>
    [Fact]
    public void A_file_above_the_limit_of_sizes_is_a_failure_that_names_the_limit()
    {
        using var temporary = new TemporaryDirectory();
        using var directory = WalDirectory.Open(temporary.Path);
        using var file = directory.Create("file");
        // Above what any file system takes: the same error number, the same message.
        var failure = Assert.Throws<StorageException>(() => file.Write([1], long.MaxValue - 1));
        Assert.Equal(27, failure.ErrorNumber);
        Assert.Contains("ulimit -f", failure.Message, StringComparison.Ordinal);
        Assert.NotEqual(0UL, IgnoredSignals() & (1UL << 24));
    }

    [Theory]
    [InlineData(28, true, StorageFailure.Full)]
    [InlineData(28, false, StorageFailure.Full)]
    [InlineData(122, false, StorageFailure.Full)]
    [InlineData(2, true, StorageFailure.NotFound)]
    [InlineData(2, false, StorageFailure.Failed)]
    [InlineData(1, true, StorageFailure.Denied)]
    [InlineData(13, true, StorageFailure.Denied)]
    [InlineData(30, true, StorageFailure.Denied)]
    [InlineData(30, false, StorageFailure.Failed)]
    [InlineData(5, true, StorageFailure.Failed)]
    [InlineData(22, false, StorageFailure.Failed)]
    public void Error_numbers_say_what_the_caller_can_do(int number, bool opening, StorageFailure expected) =>
        Assert.Equal(expected, Errno.Kind(number, opening));

    [Fact]
    public void Flushing_something_that_cannot_be_flushed_fails_loudly()
    {
        // The base library's flush takes EINVAL for success.
        using var pipe = UnixFile.Open("/dev/null", Libc.ReadWrite);
        var failed = Assert.Throws<StorageException>(pipe.Flush);
        Assert.Equal((StorageFailure.Failed, 22), (failed.Kind, failed.ErrorNumber));
    }

    [Fact]
    public void A_device_that_is_always_full_says_full()
    {
        using var device = UnixFile.Open("/dev/full", Libc.ReadWrite);
        Assert.Equal(StorageFailure.Full, Assert.Throws<StorageException>(() => device.Write([1], 0)).Kind);
    }

    [Fact]
    public void A_directory_of_another_user_is_denied()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The superuser is denied nothing.");
        Assert.Equal(StorageFailure.Denied, Assert.Throws<StorageException>(() => WalDirectory.Open("/root/log")).Kind);
    }

    [Fact]
    public void A_file_system_that_really_fills_up_refuses_groups_and_takes_them_when_there_is_room()
    {
        using var volume = SmallVolume.MountOrSkip(megabytes: 1);
        var options = new WalOptions { SegmentBytes = 128 * 1024 };
        using (var log = WriteAheadLog.Open(WalDirectory.Open(volume["log"]), options))
        {
            using var cursor = log.OpenCursor("lane");
            var committed = 0;
            CommitOutcome outcome;
            do
            {
                Assert.True(log.Add(LogExtensions.Text(committed + 1, 5000)));
                outcome = log.Commit(0);
                committed += outcome == CommitOutcome.Committed ? 1 : 0;
            }
            while (outcome == CommitOutcome.Committed);
            Assert.Equal(CommitOutcome.DiskFull, outcome);
            Assert.False(log.PrepareSegments());
            Assert.InRange(committed, 100, 170);
            log.ReadAll().AssertFilled(1, committed, 5000);

            cursor.Save(committed, new byte[1000]);
            log.Reclaim(new(committed, long.MaxValue, 0));
            log.Append(LogExtensions.Text(committed + 1, 5000));
            Assert.Equal(committed + 1, log.DurableSequence);
            Assert.Null(log.Poison);
        }
        using var again = WriteAheadLog.Open(WalDirectory.Open(volume["log"]), options);
        again.ReadAll().AssertFilled(again.FirstSequence, again.DurableSequence, 5000);
    }

    [Fact]
    public void A_volume_that_is_read_only_is_denied()
    {
        using var volume = SmallVolume.MountOrSkip(megabytes: 1, readOnly: true);
        var denied = Assert.Throws<StorageException>(() => WalDirectory.Open(volume["log"]));
        Assert.Equal(StorageFailure.Denied, denied.Kind);
    }

    private static ulong IgnoredSignals()
    {
        var line = File.ReadLines("/proc/self/status").Single(text => text.StartsWith("SigIgn:", StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan("SigIgn:".Length).Trim(), System.Globalization.NumberStyles.HexNumber,
            System.Globalization.CultureInfo.InvariantCulture);
    }
}
