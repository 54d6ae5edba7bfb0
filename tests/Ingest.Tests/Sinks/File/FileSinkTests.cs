using FsCheck;
using FsCheck.Fluent;
using Ingest.Sinks;
using Ingest.Sinks.Files;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Sinks.File;

/// <summary>The file sink: effectively once, whatever fails.</summary>
public sealed class FileSinkTests
{
    [Fact]
    public async Task Events_come_into_one_file_per_stream_named_by_its_first_sequence()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 6, streams: 2));
        await fixture.DeliverAsync(TestEvents.Numbered(7, 8, streams: 2));

        Assert.Equal(["00000000000000000002.ndjson"], fixture.Names("s0"));
        Assert.Equal(["00000000000000000001.ndjson"], fixture.Names("s1"));
        Assert.Equal([2, 4, 6, 8], fixture.Sequences("s0"));
        Assert.Equal([1, 3, 5, 7], fixture.Sequences("s1"));
    }

    [Fact]
    public async Task Events_it_has_are_delivered_without_being_written_again()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 5));
        await fixture.DeliverAsync(TestEvents.Numbered(3, 7));
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 9));
        await fixture.CrashAsync();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 10));

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], fixture.Sequences());
    }

    [Fact]
    public async Task Whatever_a_crash_leaves_behind_the_last_flush_each_event_is_there_once_in_the_end()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        var file = Assert.Single(fixture.Files());
        var flushed = await System.IO.File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await fixture.DeliverAsync(TestEvents.Numbered(4, 6));
        var whole = await System.IO.File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await fixture.CrashAsync();

        // Unflushed bytes may be missing from any point on, and zeros may stand where pages were not written.
        var crashes = Gen.Choose(flushed.Length, whole.Length).SelectMany(length =>
            Gen.Choose(flushed.Length, whole.Length).SelectMany(zeroFrom => Gen.Choose(0, 40).Select(zeros => (length, zeroFrom, zeros))));
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(crashes.ToArbitrary(), crash =>
        {
            var left = whole[..crash.length];
            left.AsSpan(Math.Min(crash.zeroFrom, left.Length)..Math.Min(crash.zeroFrom + crash.zeros, left.Length)).Clear();
            System.IO.File.WriteAllBytes(file, left);
            RecoverAsync().GetAwaiter().GetResult();
        })), TestContext.Current.CancellationToken);

        async Task RecoverAsync()
        {
            await fixture.OpenAsync();
            await fixture.DeliverAsync(TestEvents.Numbered(4, 8));
            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], fixture.Sequences());
            await fixture.CrashAsync();
        }
    }

    [Fact]
    public async Task Files_rotate_by_size()
    {
        await using var fixture = new FileSinkFixture();
        fixture.Options.RotateBytes = 4096;
        await fixture.OpenAsync();
        for (var n = 1; n <= 100; n += 10)
        {
            await fixture.DeliverAsync(TestEvents.Numbered(n, n + 9));
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(n => (long)n), fixture.Sequences());
        Assert.True(fixture.Files().Length > 1);
        Assert.All(fixture.Files(), path => Assert.True(new FileInfo(path).Length <= 4096));
    }

    [Fact]
    public async Task Files_rotate_by_age_with_the_next_event()
    {
        await using var fixture = new FileSinkFixture();
        fixture.Options.RotateAge = TimeSpan.FromHours(1);
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 2));
        fixture.Time.Advance(TimeSpan.FromMinutes(59));
        await fixture.DeliverAsync(TestEvents.Numbered(3, 4));
        await fixture.OpenAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        await fixture.DeliverAsync(TestEvents.Numbered(5, 6));

        Assert.Equal(["00000000000000000001.ndjson", "00000000000000000005.ndjson"], fixture.Names());
    }

    [Fact]
    public async Task A_consumer_may_take_files_away_without_getting_anything_twice()
    {
        await using var fixture = new FileSinkFixture();
        fixture.Options.RotateBytes = 4096;
        await fixture.OpenAsync();
        for (var n = 1; n <= 100; n += 10)
        {
            await fixture.DeliverAsync(TestEvents.Numbered(n, n + 9));
        }
        var held = fixture.Sequences();
        var rotated = fixture.Files()[..^1];
        var taken = rotated.SelectMany(System.IO.File.ReadAllLines).Count();
        Array.ForEach(rotated, System.IO.File.Delete);
        await fixture.CrashAsync();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 110));

        Assert.Equal(held.Skip(taken).Concat(Enumerable.Range(101, 10).Select(n => (long)n)), fixture.Sequences());
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("move")]
    [InlineData("cut")]
    [InlineData("folder")]
    public async Task The_next_event_begins_a_new_file_when_the_operator_touched_the_current_one(string how)
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        var file = Assert.Single(fixture.Files());
        switch (how)
        {
            case "delete":
                System.IO.File.Delete(file);
                break;
            case "move":
                System.IO.File.Move(file, Path.Combine(fixture.Out, "moved"));
                break;
            case "cut":
                await System.IO.File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
                break;
            default:
                Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
                break;
        }
        await fixture.DeliverAsync(TestEvents.Numbered(4, 5));
        await fixture.CrashAsync();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 6));

        Assert.Equal([4, 5, 6], fixture.Sequences());
    }

    [Fact]
    public async Task More_streams_than_open_files_are_all_written_once()
    {
        await using var fixture = new FileSinkFixture();
        fixture.Options.OpenFilesMax = 3;
        await fixture.OpenAsync();
        for (var n = 1; n <= 200; n += 20)
        {
            await fixture.DeliverAsync(TestEvents.Numbered(n, n + 19, streams: 10));
        }
        await fixture.CrashAsync();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 210, streams: 10));

        for (var stream = 0; stream < 10; stream++)
        {
            var expected = Enumerable.Range(1, 210).Where(n => n % 10 == stream).Select(n => (long)n);
            Assert.Equal(expected, fixture.Sequences($"s{stream}"));
        }
    }

    [Fact]
    public async Task A_full_disk_is_retryable_and_leaves_no_half_line()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        fixture.Disk.Fail = (operation, _) => operation == "write" ? new StorageException(StorageFailure.Full, "no space left") : null;
        var result = await fixture.SendAsync(TestEvents.Numbered(4, 6));
        Assert.Equal(VerdictKind.Retryable, result.Verdict.Kind);
        Assert.Contains("disk is full", result.Verdict.Reason, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], fixture.Sequences());

        fixture.Disk.Fail = null;
        await fixture.DeliverAsync(TestEvents.Numbered(4, 6));
        Assert.Equal([1, 2, 3, 4, 5, 6], fixture.Sequences());
        Assert.Single(fixture.Files());
    }

    [Fact]
    public async Task After_a_failed_flush_the_file_is_left_and_nothing_is_lost_or_doubled()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        fixture.Disk.Fail = (operation, name) => operation == "flush" && name.EndsWith(".ndjson", StringComparison.Ordinal)
            ? new StorageException(StorageFailure.Failed, "EIO")
            : null;
        Assert.Equal(VerdictKind.Retryable, (await fixture.SendAsync(TestEvents.Numbered(4, 6))).Verdict.Kind);
        Assert.Equal(VerdictKind.Retryable, (await fixture.SendAsync(TestEvents.Numbered(4, 6))).Verdict.Kind);
        fixture.Disk.Fail = null;
        await fixture.DeliverAsync(TestEvents.Numbered(4, 6));
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 7));

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], fixture.Sequences());
        Assert.True(fixture.Files().Length > 1);
    }

    [Fact]
    public async Task When_one_stream_fails_the_others_before_it_are_settled()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        fixture.Disk.Fail = (operation, name) => operation == "create" && name.StartsWith("s0", StringComparison.Ordinal)
            ? new StorageException(StorageFailure.Full, "no space left")
            : null;
        var result = await fixture.SendAsync(TestEvents.Numbered(1, 4, streams: 2));
        Assert.Equal([VerdictKind.Delivered, VerdictKind.Retryable, VerdictKind.Delivered, VerdictKind.Retryable],
            Enumerable.Range(0, 4).Select(i => result[i].Kind));
    }

    [Fact]
    public async Task A_directory_that_may_not_be_written_blocks_with_a_plain_message()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        fixture.Disk.Fail = (operation, name) => operation == "folder"
            ? new StorageException(StorageFailure.Denied, $"mkdir {name}: permission denied")
            : null;
        var verdict = (await fixture.SendAsync(TestEvents.Numbered(1, 4))).Verdict;
        Assert.Equal((VerdictKind.Blocked, "mkdir default: permission denied"), (verdict.Kind, verdict.Reason));
    }

    [Fact]
    public async Task A_second_sink_over_the_same_directory_is_blocked()
    {
        await using var first = await new FileSinkFixture().OpenAsync();
        var setup = Setup(("Directory", first.Out));
        await using var second = new FileSinkFactory().Create(setup);
        Assert.Equal(VerdictKind.Blocked, (await second.OpenAsync(TestContext.Current.CancellationToken)).Kind);
    }

    [Fact]
    public void A_setting_out_of_range_names_key_and_value()
    {
        var setup = Setup(("OpenFilesMax", "0"));
        var failure = Assert.Throws<InvalidOperationException>(() => new FileSinkFactory().Create(setup));
        Assert.Contains("Sinks:b:OpenFilesMax = 0", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_of_another_log_are_not_taken_for_known()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 100));
        fixture.LogId = Guid.NewGuid();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));

        Assert.Equal(["00000000000000000001-1.ndjson", "00000000000000000001.ndjson"], fixture.Names());
        Assert.Equal(103, fixture.Lines().Length);
    }

    [Fact]
    public async Task A_rewind_writes_again_into_new_files_also_after_a_crash()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 10));
        await fixture.Sink.RewindAsync(6, TestContext.Current.CancellationToken);
        await fixture.CrashAsync();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(6, 8));
        await fixture.CrashAsync();
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(6, 12));

        Assert.Equal(["00000000000000000001.ndjson", "00000000000000000006-1.ndjson"], fixture.Names());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 6, 7, 8, 9, 10, 11, 12], fixture.Sequences());
    }

    [Fact]
    public async Task A_flipped_bit_of_a_noted_position_loses_and_doubles_nothing()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 30));
        await fixture.OpenAsync();
        var folder = Path.Combine(fixture.Out, "default");
        var saved = Directory.GetFiles(folder).ToDictionary(path => path, System.IO.File.ReadAllBytes);
        var position = Path.Combine(folder, ".position");
        for (var offset = 0; offset < saved[position].Length; offset++)
        {
            await fixture.OpenAsync();
            Array.ForEach(Directory.GetFiles(folder), System.IO.File.Delete);
            foreach (var (path, content) in saved)
            {
                await System.IO.File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
            }
            var damaged = saved[position].ToArray();
            damaged[offset] ^= 1;
            await System.IO.File.WriteAllBytesAsync(position, damaged, TestContext.Current.CancellationToken);
            await fixture.DeliverAsync(TestEvents.Numbered(25, 35));
            Assert.Equal(Enumerable.Range(1, 35).Select(n => (long)n), fixture.Sequences());
        }
    }

    [Fact]
    public async Task A_position_noted_by_an_earlier_version_is_believed()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        await fixture.OpenAsync();
        var position = Path.Combine(fixture.Out, "default", ".position");
        var noted = await System.IO.File.ReadAllTextAsync(position, TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllTextAsync(position, noted[..noted.IndexOf(",\"check\"", StringComparison.Ordinal)] + "}",
            TestContext.Current.CancellationToken);
        Array.ForEach(fixture.Files(), System.IO.File.Delete);
        await fixture.DeliverAsync(TestEvents.Numbered(1, 4));

        Assert.Equal([4], fixture.Sequences());
    }

    [Fact]
    public async Task A_damaged_note_of_the_last_rewind_blocks_and_is_named()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.Sink.RewindAsync(6, TestContext.Current.CancellationToken);
        await fixture.CrashAsync();
        var path = Path.Combine(fixture.Out, ".rewound");
        var note = await System.IO.File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        Assert.Contains("\"next\":6", note, StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(path, note.Replace("\"next\":6", "\"next\":7", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        await using var sink = new FileSinkFactory().Create(Setup(("Directory", fixture.Out)));
        var verdict = await sink.OpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains($"{path} is unreadable; delete it", verdict.Reason, StringComparison.Ordinal);
    }

    private static SinkSetup Setup(params (string Key, string Value)[] settings) => new(
        "b", TestSettings.Section("Sinks:b", settings), "/", Guid.NewGuid(), TimeProvider.System, NullLoggerFactory.Instance);
}
