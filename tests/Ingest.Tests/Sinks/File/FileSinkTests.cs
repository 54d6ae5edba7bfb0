using FsCheck;
using FsCheck.Fluent;
using Ingest.Sinks.Files;

namespace Ingest.Tests.Sinks.File;

/// <summary>The file sink: effectively once, whatever comes again.</summary>
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
    public void A_setting_out_of_range_names_key_and_value()
    {
        var setup = FileSinkFixture.Setup(("OpenFilesMax", "0"));
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
    public async Task A_batch_of_two_epochs_notes_where_the_second_one_begins()
    {
        await using var fixture = await new FileSinkFixture { SecondEpochFrom = 4 }.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 6));
        await fixture.OpenAsync();
        var noted = await System.IO.File.ReadAllTextAsync(
            Path.Combine(fixture.Out, "default", ".position"), TestContext.Current.CancellationToken);

        Assert.Equal([1, 2, 3, 4, 5, 6], fixture.Sequences());
        Assert.Contains(
            $$"""[{"id":"{{fixture.LogId}}","last":3},{"id":"{{fixture.SecondEpoch}}","last":6}]""", noted, StringComparison.Ordinal);
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
}
