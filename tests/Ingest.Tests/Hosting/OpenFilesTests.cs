using Ingest.Hosting;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Settings;

namespace Ingest.Tests.Hosting;

/// <summary>Connections leave room for the files a node has to be able to open.</summary>
public sealed class OpenFilesTests
{
    // The process's, 64 connections of operators, and 32 that are about to be refused.
    private const int Own = 300 + 64 + 32;

    [Theory]
    [InlineData("Max open files            1024                 524288               files", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files", long.MaxValue)]
    [InlineData("Max processes             95942                95942                processes", long.MaxValue)]
    public void The_soft_limit_is_read_where_there_is_one(string line, long limit) =>
        Assert.Equal(limit, OpenFiles.Parse(["Limit                     Soft Limit           Hard Limit           Units", line]));

    [Fact]
    public void The_limit_of_this_process_is_read() => Assert.InRange(OpenFiles.Limit(), 64, long.MaxValue);

    [Fact]
    public void A_low_limit_lowers_the_connections_and_a_high_one_does_not()
    {
        Assert.Equal(20_000, OpenFiles.Connections(Settings("file"), long.MaxValue));
        Assert.Equal(100, OpenFiles.Connections(Settings("file", "Listen:ConnectionsMax=100"), 1_000_000));
        Assert.Equal(1024 - Own - 64, OpenFiles.Connections(Settings("file"), 1024));
        Assert.Equal(1024 - Own - 500, OpenFiles.Connections(Settings("file", "Sinks:file:OpenFilesMax=500"), 1024));
        Assert.Equal(1024 - Own - (2 * 64), OpenFiles.Connections(Settings("file,discard"), 1024));
    }

    [Fact]
    public void A_limit_without_room_for_connections_is_an_error_that_says_how_much_is_needed()
    {
        Assert.Equal(OpenFiles.ConnectionsMin, OpenFiles.Connections(Settings("file"), Own + 64 + OpenFiles.ConnectionsMin));

        var e = Assert.Throws<IOException>(() => OpenFiles.Connections(Settings("file"), 256));

        Assert.Equal(
            "The process may have 256 files open, and needs at least 476, a connection being one. "
            + "Raise the limit: ulimit -n, LimitNOFILE=.",
            e.Message);
    }

    private static NodeSettings Settings(string sinks, params string[] assignments)
    {
        var sources = new SettingsSources();
        foreach (var assignment in assignments.Append($"Deliver={sinks}"))
        {
            sources.AddAssignment(assignment);
        }
        var kinds = IngestServices.BuiltInSinks.ToDictionary(sink => sink.Kind, sink => sink.OptionsType);
        return NodeSettings.Read(sources, NodeSections.All, kinds).ThrowIfWrong();
    }
}
