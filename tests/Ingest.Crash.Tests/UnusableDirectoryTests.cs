using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>A data directory the node cannot use is said plainly, before anything listens.</summary>
public sealed class UnusableDirectoryTests
{
    private const string SetPriv = "/usr/bin/setpriv";

    [Fact]
    public async Task A_directory_in_use_by_another_node_is_named_with_its_process()
    {
        using var directory = new TemporaryDirectory();
        using var first = await IngestProcess.StartReadyAsync(Setup(directory["data"]));

        var message = await RefusalAsync(Setup(directory["data"]));

        Assert.Contains("in use", message, StringComparison.Ordinal);
        Assert.Contains($"{first.Pid}", message, StringComparison.Ordinal);
        Assert.False(first.HasExited);
    }

    [Fact]
    public async Task A_file_in_place_of_the_directory_is_named()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["data"], "not a directory", TestContext.Current.CancellationToken);

        Assert.Contains(directory["data"], await RefusalAsync(Setup(directory["data"])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_file_system_is_named()
    {
        using var disk = SmallDisk.Mount(mebibytes: 1, "ro");
        var data = Path.Combine(disk.Path, "data");

        Assert.Contains(data, await RefusalAsync(Setup(data)), StringComparison.Ordinal);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_directory_that_may_not_be_written_is_named()
    {
        Assert.SkipUnless(File.Exists(SetPriv) && Environment.IsPrivilegedProcess, "Only root can start the node as somebody else.");
        using var directory = new TemporaryDirectory();
        var data = directory["data"];
        Directory.CreateDirectory(data);
        File.SetUnixFileMode(directory.Path, (UnixFileMode)0b111_101_101);

        var message = await RefusalAsync(Setup(data) with
        {
            Wrapper = [SetPriv, "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"],
            Environment = new Dictionary<string, string> { ["HOME"] = "/tmp" },
        });

        Assert.Contains(data, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_without_room_for_the_first_segment_is_said()
    {
        using var disk = SmallDisk.Mount(mebibytes: 8);
        var data = Path.Combine(disk.Path, "data");

        var message = await RefusalAsync(Setup(data));

        Assert.Contains("room", message, StringComparison.Ordinal);
        Assert.Contains(data, message, StringComparison.Ordinal);
    }

    [Theory, InlineData("wal/lock"), InlineData("wal/cursors/file.cursor"), InlineData("dead/origin")]
    public async Task A_directory_in_place_of_a_file_is_named(string name)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory["data"], name);
        Directory.CreateDirectory(path);

        var message = await RefusalAsync(Setup(directory["data"]));

        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("Something else has that name", message, StringComparison.Ordinal);
    }

    /// <summary>Nothing depends on the mark of a stop in order, so what has its name stops neither the start nor the stop.</summary>
    [Fact]
    public async Task A_directory_in_place_of_the_clean_mark_is_named_at_the_stop_and_loses_nothing()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory["data"], "wal/clean");
        Directory.CreateDirectory(path);
        var setup = Setup(directory["data"]).With(("Drain:BalancerDelay", "0s"));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal(0, await node.StopAsync());
            Assert.Contains("The log is flushed and closed, but could not be marked so: ", node.Output, StringComparison.Ordinal);
            Assert.Contains($"{path}: Is a directory. Nothing is lost.", node.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
        }
        Directory.Delete(path);
        using var again = await IngestProcess.StartReadyAsync(setup);
        Assert.Equal(0, await again.StopAsync());
        Assert.DoesNotContain("could not be marked so", again.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    private static IngestSetup Setup(string data) => new() { Data = data };

    /// <summary>What the node says as it refuses to start: a few lines without a stack trace, and a failing exit code.</summary>
    private static async Task<string> RefusalAsync(IngestSetup setup)
    {
        // The test has the ports: a node that were to listen before it looks at its directory would speak of them instead.
        using var intake = Listen(setup.IntakePort);
        using var admin = Listen(setup.AdminPort);
        using var node = IngestProcess.Start(setup);
        var code = await node.ExitAsync();
        Assert.True(code is > 0 and < 128, $"exit code {code}\n{node.Output}");
        Assert.DoesNotContain("Another process listens there", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
        Assert.True(node.Output.Split('\n').Length is >= 1 and <= 12, node.Output);
        return node.Output;
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}
