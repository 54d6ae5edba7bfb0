using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed class ServeTests : IDisposable
{
    private static readonly string[] AnyPorts = ["--intake", "http://127.0.0.1:0", "--admin", "http://127.0.0.1:0"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_wrong_setting_ends_the_start_before_anything_listens()
    {
        var result = await Cli.RunAsync("serve", "--data", _directory["data"], "--set", "Wal:SegmentBytes=12");

        result.Is(ExitCode.NotFine, error: "ingest: Wal:SegmentBytes = '12' (--set): must be 1MiB to 1GiB.");
        Assert.False(Directory.Exists(_directory["data"]));
    }

    [Fact]
    public async Task A_missing_file_of_settings_is_named()
    {
        (await Cli.RunAsync("serve", "--config", _directory["none.json"]))
            .Is(ExitCode.NotFine, error: $"--config = '{_directory["none.json"]}': there is no such file.");
    }

    [Fact]
    public async Task A_listener_beyond_loopback_needs_a_token()
    {
        (await Cli.RunAsync("serve", "--data", _directory["data"], "--admin", "http://*:0"))
            .Is(ExitCode.NotFine, error: "Admin:Token must be set, because Listen:Admin = 'http://*:0' can be reached");
    }

    [Fact]
    public async Task A_listener_beyond_loopback_has_to_know_who_may_send()
    {
        string[] open = ["serve", "--data", _directory["data"], "--intake", "http://*:0", "--admin", "http://127.0.0.1:0"];

        (await Cli.RunAsync(open)).Is(
            ExitCode.NotFine,
            error: "Intake:KeysFile or Intake:IntrospectionUrl must be set, because Listen:Intake = 'http://*:0' can be reached");
        Assert.False(Directory.Exists(_directory["data"]));
        // Said so, it does listen: as far as the directory that cannot be made.
        (await Cli.RunAsync(["serve", "--data", "/proc/ingest", .. open[3..], "--set", "Intake:Anonymous=true"]))
            .Is(ExitCode.Unavailable, error: "/proc/ingest");
    }

    [Theory]
    [InlineData("Intake:KeysFile", "{\"keys\":[{\"name\":\"a\",\"sha256\":\"12\"}]}", "keys[0]: sha256 must be 64 hexadecimal digits.")]
    [InlineData("Intake:KeysFile", "{\"keys\":[", "Line 1, byte")]
    [InlineData("Intake:KeysFile", null, "there is no such file.")]
    [InlineData("Intake:IntrospectionAuthorizationFile", "", "the first line is no Authorization header")]
    [InlineData("Listen:CertificatePath", "nonsense", "")]
    [InlineData("Listen:ClientAuthoritiesPath", "nonsense", "There is no certificate in it.")]
    public async Task A_file_that_is_not_what_it_should_be_ends_the_start(string key, string? content, string problem)
    {
        var file = _directory["given.pem"];
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        }
        var server = _directory["server.pem"];
        await File.WriteAllTextAsync(server, TestCertificates.SelfSigned(), TestContext.Current.CancellationToken);
        string[] settings =
        [
            "--data", _directory["data"], "--intake", "https://127.0.0.1:0", "--admin", "http://127.0.0.1:0",
            "--set", $"Listen:CertificatePath={server}", "--set", $"{key}={file}",
        ];

        (await Cli.RunAsync(["serve", .. settings])).Is(ExitCode.NotFine, error: $"ingest: {key} = '{file}' (--set): {problem}");
        (await Cli.RunAsync(["config", "check", .. settings])).Is(ExitCode.NotFine, $"{key} = '{file}' (--set): {problem}");
        Assert.False(Directory.Exists(_directory["data"]));
    }

    [Fact]
    public async Task A_directory_in_use_is_said_plainly()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["discard"] });

        var result = await Cli.RunAsync(["serve", "--data", _directory["data"], .. AnyPorts]);

        result.Is(ExitCode.Unavailable, error: $"is in use by process {node.Pid}. Deleting its lock file does not change that. "
            + "Stop the other process first");
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_is_said_plainly()
    {
        // Also root cannot make directories here.
        var result = await Cli.RunAsync(["serve", "--data", "/proc/ingest", .. AnyPorts]);

        result.Is(ExitCode.Unavailable, error: "/proc/ingest");
    }

    [Fact]
    public async Task A_file_in_place_of_the_directory_is_no_broken_disk()
    {
        var file = _directory["file"];
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(_directory["dangling"], _directory["nowhere"]);

        foreach (var data in new[] { file, Path.Combine(file, "below"), _directory["dangling"] })
        {
            (await Cli.RunAsync(["serve", "--data", data, .. AnyPorts])).Is(ExitCode.Unavailable, error: "is no directory. Something else");
        }
    }

    [Fact]
    public async Task Too_few_files_for_a_node_are_said_before_it_starts()
    {
        var result = await Cli.RunLimitedAsync(openFiles: 256, ["serve", "--data", _directory["data"], .. AnyPorts]);

        result.Is(ExitCode.Unavailable, error: "ingest: The process may have 256 files open, and needs at least ");
        Assert.False(Directory.Exists(_directory["data"]));
    }

    [Fact]
    public async Task A_flood_of_connections_leaves_the_log_the_files_it_needs()
    {
        var setup = new IngestSetup { Data = _directory["data"], Wrapper = Cli.Limited(openFiles: 500) }.With(("Drain:BalancerDelay", "0"));
        using var node = await IngestProcess.StartReadyAsync(setup);
        Assert.Contains("there is room for 40 connections", node.Output, StringComparison.Ordinal);
        var flood = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                flood.Add(await RawConnection.ConnectAsync(setup.IntakePort, TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            flood.ForEach(connection => connection.Dispose());
        }
        using var client = new HttpClient();
        await Poll.Until("the node takes events again", async () => await TakesAsync(client, setup.Intake));

        Assert.Equal(ExitCode.Fine, await node.StopAsync());
        Assert.DoesNotContain("Too many open files", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Floods_of_connections_to_both_listeners_stay_within_the_files_that_are_meant_for_them()
    {
        const int own = 300;
        const int room = 40 + 64 + 32;
        var setup = new IngestSetup { Data = _directory["data"], Wrapper = Cli.Limited(openFiles: 500), Sinks = ["discard"] }
            .With(("Drain:BalancerDelay", "0"));
        using var node = await IngestProcess.StartReadyAsync(setup);
        var flood = new List<RawConnection>();
        try
        {
            foreach (var listener in new[] { setup.Intake, setup.Admin })
            {
                for (var i = 0; i < 300; i++)
                {
                    flood.Add(await RawConnection.ConnectAsync(listener.Port, TestContext.Current.CancellationToken));
                    Assert.InRange(Directory.GetFiles($"/proc/{node.Pid}/fd").Length, 1, own + room);
                }
            }
        }
        finally
        {
            flood.ForEach(connection => connection.Dispose());
        }
        using var client = new HttpClient();
        await Poll.Until("the node takes events again", async () => await TakesAsync(client, setup.Intake));
        Assert.Equal(ExitCode.Fine, await node.StopAsync());
        Assert.True(node.Output.Split('\n').Count(line => line.Contains("connections", StringComparison.Ordinal)) < 10, node.Output);
    }

    [Fact]
    public async Task A_reader_of_its_messages_who_stands_still_stops_no_event()
    {
        var (intake, admin) = (FreePort.Next(), FreePort.Next());
        // The loudest level: a request has several lines, so that pipe and queue are full after a few hundred.
        string[] arguments =
        [
            "serve", "--data", _directory["data"], "--sink", "discard", "--intake", $"http://127.0.0.1:{intake}",
            "--admin", $"http://127.0.0.1:{admin}", "--set", "Drain:BalancerDelay=0", "--set", "Logging:LogLevel:Microsoft=Trace",
        ];
        using var node = Process.Start(new ProcessStartInfo(SourceTree.Executable(), arguments) { RedirectStandardOutput = true })!;
        try
        {
            using var client = new HttpClient();
            var address = new Uri($"http://127.0.0.1:{intake}");
            await Poll.Until("the node takes events", async () => await TakesAsync(client, address));
            for (var i = 0; i < 1500; i++)
            {
                Assert.True(await TakesAsync(client, address), $"after {i} requests");
            }
            (await Cli.RunAsync("drain", "--admin", $"http://127.0.0.1:{admin}")).Is(ExitCode.Fine);
        }
        finally
        {
            node.Kill();
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData("SIGHUP", 1)]
    [InlineData("SIGINT", 2)]
    [InlineData("SIGQUIT", 3)]
    public async Task Whatever_asks_the_process_to_end_drains_it(string name, int signal)
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(("Drain:BalancerDelay", "0"));
        using var node = await IngestProcess.StartReadyAsync(setup);

        node.Send(signal);

        Assert.Equal(ExitCode.Fine, await node.ExitAsync());
        Assert.Contains($"Draining ({name})", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_was_told_to_outlive_its_terminal_does()
    {
        var setup = new IngestSetup
        {
            Data = _directory["data"],
            Sinks = ["discard"],
            Wrapper = ["sh", "-c", "trap '' HUP; \"$@\"; exit $?", "sh"],
        }.With(("Drain:BalancerDelay", "0"));
        using var node = await IngestProcess.StartReadyAsync(setup);

        node.Send(1);
        using var client = new HttpClient();
        Assert.True(await TakesAsync(client, setup.Intake));

        Assert.Equal(ExitCode.Fine, await node.StopAsync());
        Assert.DoesNotContain("SIGHUP", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_use_is_said_plainly()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1);
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;

        var taken = $"Listen:Intake=http://127.0.0.1:{port}";
        var result = await Cli.RunAsync(["serve", "--data", _directory["data"], .. AnyPorts, "--set", taken]);

        result.Is(ExitCode.Unavailable, error: $"http://127.0.0.1:{port}: address already in use");
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_drains_and_ends_with_0()
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(("Drain:BalancerDelay", "0"));
        using var node = await IngestProcess.StartReadyAsync(setup);

        Assert.Equal(ExitCode.Fine, await node.StopAsync());
        Assert.Contains("everything was delivered", node.Output, StringComparison.Ordinal);
    }

    private static async Task<bool> TakesAsync(HttpClient client, Uri address)
    {
        try
        {
            using var answer = await client.PostAsync(
                new Uri(address, "/v1/events"), JsonContent.Create(1), TestContext.Current.CancellationToken);
            return answer.StatusCode == HttpStatusCode.Accepted;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
