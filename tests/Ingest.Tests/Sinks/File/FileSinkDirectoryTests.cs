using Ingest.Sinks.Contract;

namespace Ingest.Tests.Sinks.File;

/// <summary>The file sink's own names beside the streams', and its directory taken away under it.</summary>
public sealed class FileSinkDirectoryTests
{
    [Theory, InlineData("lock"), InlineData("quarantine"), InlineData("position"), InlineData("rewound"), InlineData("__lock")]
    public async Task No_name_of_a_stream_meets_a_name_of_the_sink(string stream)
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Of((1, stream), (2, "default")));
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Of((1, stream), (2, "default"), (3, stream)));

        Assert.Equal([1, 3], fixture.Sequences(stream));
        Assert.Equal([2], fixture.Sequences());
    }

    [Fact]
    public async Task A_directory_that_an_earlier_builds_lock_file_blocked_comes_free_by_itself()
    {
        await using var fixture = new FileSinkFixture();
        Directory.CreateDirectory(fixture.Out);
        await System.IO.File.WriteAllTextAsync(Path.Combine(fixture.Out, "lock"), "4711\n", TestContext.Current.CancellationToken);
        await fixture.OpenAsync();
        await fixture.DeliverAsync(TestEvents.Of((1, "lock")));

        Assert.Equal([1], fixture.Sequences("lock"));
    }

    [Fact]
    public async Task A_directory_that_was_removed_is_made_again_and_nothing_after_it_is_lost()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 6, streams: 2));
        Directory.Delete(fixture.Out, recursive: true);
        await fixture.DeliverAsync(TestEvents.Numbered(7, 10, streams: 2));
        await fixture.DeliverAsync(TestEvents.Numbered(9, 12, streams: 2));

        Assert.Equal([8, 10, 12], fixture.Sequences("s0"));
        Assert.Equal([7, 9, 11], fixture.Sequences("s1"));
    }

    [Fact]
    public async Task A_directory_that_was_taken_away_and_brought_back_is_continued_where_it_stood()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        Directory.Move(fixture.Out, fixture.Out + "-away");
        await fixture.DeliverAsync(TestEvents.Numbered(4, 6));
        Assert.Equal([4, 5, 6], fixture.Sequences());
        Directory.Move(fixture.Out, fixture.Out + "-meanwhile");
        Directory.Move(fixture.Out + "-away", fixture.Out);
        await fixture.DeliverAsync(TestEvents.Numbered(2, 8));

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], fixture.Sequences());
    }

    [Fact]
    public async Task A_directory_in_whose_place_is_a_file_blocks_and_goes_on_when_the_file_is_gone()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        await fixture.DeliverAsync(TestEvents.Numbered(1, 3));
        Directory.Delete(fixture.Out, recursive: true);
        await System.IO.File.WriteAllTextAsync(fixture.Out, "", TestContext.Current.CancellationToken);
        Assert.Equal(VerdictKind.Blocked, (await fixture.SendAsync(TestEvents.Numbered(4, 6))).Verdict.Kind);
        System.IO.File.Delete(fixture.Out);
        await fixture.DeliverAsync(TestEvents.Numbered(4, 6));

        Assert.Equal([4, 5, 6], fixture.Sequences());
    }

    [Fact]
    public async Task A_second_sink_is_refused_also_when_the_lock_file_was_deleted()
    {
        await using var fixture = await new FileSinkFixture().OpenAsync();
        System.IO.File.Delete(Path.Combine(fixture.Out, ".lock"));
        Assert.Throws<Ingest.Wal.Storage.StorageException>(() => Ingest.Sinks.Files.FileSinkFactory.OpenOutput(fixture.Out));
    }
}
