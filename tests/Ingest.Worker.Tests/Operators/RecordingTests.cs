using System.Net;
using System.Text;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Operators;

/// <summary>Traces and heap dumps of a running node: for who holds the token, one at a time, bounded, without contents.</summary>
public sealed class RecordingTests : IDisposable
{
    private const string Token = "0123456789abcdef0123";
    private const string Marker = "command-line-marker-4711";
    private const string Payload = "payload-marker-4711";

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_trace_names_our_methods_and_no_file_is_overwritten()
    {
        using var node = await StartAsync(Token);

        (await RunAsync(node.Setup, "trace", "--seconds", "1")).Is(ExitCode.Fine, "MiB in");

        var bytes = await ReadAsync();
        Assert.Equal("Nettrace", Encoding.ASCII.GetString(bytes, 0, 8));
        Assert.True(Has(bytes, "Ingest.Publishing.Lanes"), "No method of ours is named.");
        HasNoSecret(bytes);
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["recording"]));
        }
        (await RunAsync(node.Setup, "trace", "--seconds", "1")).Is(ExitCode.Unavailable, error: "exists");
        (await Cli.RunAsync("audit", "--admin", node.Setup.Admin.ToString(), "--token", Token)).Is(ExitCode.Fine, "debug.trace");
    }

    [Fact]
    public async Task A_heap_dump_names_our_types_has_nothing_of_an_event_and_ends_with_the_collection()
    {
        using var node = await StartAsync(Token);
        using var stored = await Http.PostAsync(
            new Uri(node.Setup.Intake, "/v1/events"), new StringContent($"\"{Payload}\""), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, stored.StatusCode);
        var start = TimeProvider.System.GetTimestamp();

        (await RunAsync(node.Setup, "gcdump")).Is(ExitCode.Fine, "dotnet-gcdump convert");

        // Waiting for a collection that is over already would take a minute.
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(40));
        var bytes = await ReadAsync();
        Assert.Equal("Nettrace", Encoding.ASCII.GetString(bytes, 0, 8));
        Assert.True(Has(bytes, "Ingest.Publishing.Lanes.Lane"), "No type of ours is named.");
        HasNoSecret(bytes);
        Assert.False(Has(bytes, Payload) || Encoding.UTF8.GetString(bytes).Contains(Payload, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_token_both_are_off_and_with_one_it_is_asked_for()
    {
        using (var open = await StartAsync())
        {
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(open, "/debug/trace", token: null));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(open, "/debug/gcdump", token: null));
            await open.StopAsync();
        }
        using var node = await StartAsync(Token);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node, "/debug/trace", token: null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node, "/debug/gcdump", token: null));
        foreach (var query in (string[])["seconds=0", "seconds=301", "seconds=x", "bytes=1", "seconds=1&bytes=-5"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(node, "/debug/trace?" + query, Token));
        }
    }

    [Fact]
    public async Task One_runs_at_a_time_and_one_whose_reader_left_makes_room()
    {
        using var node = await StartAsync(Token);
        using (await OpenAsync(node, "/debug/trace?seconds=300", Token))
        {
            Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(node, "/debug/gcdump", Token));
            Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(node, "/debug/trace?seconds=1", Token));
        }
        await Poll.Until("there is room", async () => await StatusAsync(node, "/debug/trace?seconds=1", Token) == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_trace_ends_early_when_it_has_as_many_bytes_as_it_may_and_is_whole()
    {
        using var node = await StartAsync(Token);
        using var response = await OpenAsync(node, "/debug/trace?seconds=300&bytes=1048576", Token);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);

        var bytes = await response.Content.ReadAsByteArrayAsync(limit.Token);

        Assert.InRange(bytes.Length, 1 << 20, 64 << 20);
        Assert.True(Has(bytes, "Ingest.Publishing.Lanes"), "The names of methods at its end are missing.");
    }

    [Fact]
    public async Task A_recording_whose_node_died_is_told_as_not_whole_and_stands_under_another_name()
    {
        using var node = await StartAsync(Token);
        var running = RunAsync(node.Setup, "trace", "--seconds", "300");
        var partial = new FileInfo(_directory["recording.partial"]);
        await Poll.Until("some of it is there", () =>
        {
            partial.Refresh();
            return partial.Exists && partial.Length > 0;
        });

        await node.KillAsync();

        (await running).Is(ExitCode.Unavailable, error: "not whole");
        Assert.True(File.Exists(partial.FullName));
        Assert.False(File.Exists(_directory["recording"]));
    }

    [Fact]
    public async Task Where_the_command_line_gives_a_secret_which_the_runtime_would_put_into_the_file_nothing_is_recorded()
    {
        using var node = await IngestProcess.StartReadyAsync(
            new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(("Drain:BalancerDelay", "0"), ("Admin:Token", Token)));
        foreach (var path in (string[])["/debug/trace?seconds=1", "/debug/gcdump"])
        {
            using var response = await OpenAsync(node, path, Token);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
            Assert.Contains("secret_on_command_line", text, StringComparison.Ordinal);
            Assert.Contains("Admin:Token", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Token, text, StringComparison.Ordinal);
        }
    }

    private async Task<IngestProcess> StartAsync(string? token = null) => await IngestProcess.StartReadyAsync(
        new IngestSetup
        {
            Data = _directory["data"],
            Sinks = ["discard"],
            Environment = token is null ? new Dictionary<string, string>() : new() { ["INGEST_Admin__Token"] = token },
        }.With(("Drain:BalancerDelay", "0"), ("Name", Marker)));

    private Task<CliResult> RunAsync(IngestSetup setup, params string[] words) => Cli.RunAsync(
        ["debug", .. words, "--out", _directory["recording"], "--admin", setup.Admin.ToString(), "--token", Token]);

    private Task<byte[]> ReadAsync() => File.ReadAllBytesAsync(_directory["recording"], TestContext.Current.CancellationToken);

    private static async Task<HttpStatusCode> StatusAsync(IngestProcess node, string path, string? token)
    {
        using var response = await OpenAsync(node, path, token);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> OpenAsync(IngestProcess node, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Setup.Admin, path));
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    // What the documentation says of the command line is so; what came by the environment is not in the file.
    private static void HasNoSecret(byte[] bytes)
    {
        Assert.True(Has(bytes, Marker), "The command line is not in it: what is said of it is wrong.");
        Assert.False(Has(bytes, Token) || Encoding.UTF8.GetString(bytes).Contains(Token, StringComparison.Ordinal));
    }

    // The runtime's own names are UTF-16.
    private static bool Has(byte[] bytes, string text) => bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;
}
