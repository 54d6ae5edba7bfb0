using System.Net;
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

        result.Is(ExitCode.Unavailable, error: $"is in use by process {node.Pid}. Stop the other process first");
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_is_said_plainly()
    {
        // Also root cannot make directories here.
        var result = await Cli.RunAsync(["serve", "--data", "/proc/ingest", .. AnyPorts]);

        result.Is(ExitCode.Unavailable, error: "/proc/ingest");
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
}
