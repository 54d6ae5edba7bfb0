using Ingest.Sinks.Contract;
using Ingest.Sinks.Files;
using Ingest.Wal.Storage;

namespace Ingest.Tests.Sinks.File;

/// <summary>The file sink over a failing disk and damaged notes: nothing is lost or doubled, and it says what is wrong.</summary>
public sealed class FileSinkFaultTests
{
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

    [Theory]
    [InlineData(StorageFailure.Denied, VerdictKind.Blocked, VerdictScope.Stream)]
    [InlineData(StorageFailure.NoDirectory, VerdictKind.Blocked, VerdictScope.Stream)]
    [InlineData(StorageFailure.Failed, VerdictKind.Retryable, VerdictScope.Stream)]
    [InlineData(StorageFailure.Full, VerdictKind.Retryable, VerdictScope.Unknown)]
    public async Task Verdicts_name_the_stream_that_failed_unless_the_disk_is_full(
        StorageFailure failure, VerdictKind kind, VerdictScope scope)
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        fixture.Disk.Fail = (operation, name) => operation == "create" && name.StartsWith("s0", StringComparison.Ordinal)
            ? new StorageException(failure, "it fails") : null;
        var result = await fixture.SendAsync(TestEvents.Of((1, "s1"), (2, "s0"), (3, "s0"), (4, "s2")));
        Assert.Equal((kind, scope), (result[1].Kind, result[1].Scope));
        Assert.Equal(result[1], result[2]);
        Assert.Equal(VerdictKind.Delivered, result[0].Kind);
        // Behind a full disk nothing else was tried.
        Assert.Equal(scope == VerdictScope.Stream ? VerdictKind.Delivered : VerdictKind.Retryable, result[3].Kind);
        Assert.Equal(scope == VerdictScope.Stream ? VerdictScope.Unknown : VerdictScope.NotTried, result[3].Scope);

        fixture.Disk.Fail = null;
        await fixture.DeliverAsync(TestEvents.Of((2, "s0"), (3, "s0"), (4, "s2")));
    }

    [Fact]
    public async Task Where_no_stream_was_written_no_stream_is_blamed()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        fixture.Disk.Fail = (operation, _) => operation == "create" ? new StorageException(StorageFailure.Denied, "no") : null;
        var result = await fixture.SendAsync(TestEvents.Of((1, "s1"), (2, "s2")));
        Assert.All([result[0], result[1]], verdict => Assert.Equal(VerdictScope.Unknown, verdict.Scope));
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
        var setup = FileSinkFixture.Setup(("Directory", first.Out));
        await using var second = new FileSinkFactory().Create(setup);
        Assert.Equal(VerdictKind.Blocked, (await second.OpenAsync(TestContext.Current.CancellationToken)).Kind);
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
        await using var sink = new FileSinkFactory().Create(FileSinkFixture.Setup(("Directory", fixture.Out)));
        var verdict = await sink.OpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains($"{path} is unreadable; delete it", verdict.Reason, StringComparison.Ordinal);
    }
}
