using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>Clients of others, as they come. docs/clients.md has the same lines to copy.</summary>
public sealed partial class ClientTests : IDisposable
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "checks", "clients");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Curl_sends_what_the_documents_say()
    {
        using var node = await StartAsync();
        var events = $"{node.Setup.Intake}v1/events";
        var file = _directory["events.ndjson"];
        await File.WriteAllTextAsync(file, "{\"a\":1}\n{\"a\":2}\n", TestContext.Current.CancellationToken);

        Assert.Contains("\"accepted\":1", await RunAsync("curl", "-sS", events, "--json", "{\"order\":4711}"), StringComparison.Ordinal);
        var lines = await RunAsync(
            "curl", "-sS", events, "-H", "Content-Type: application/x-ndjson", "-H", "Ingest-Key: c-1", "--data-binary", $"@{file}");
        Assert.Contains("\"accepted\":2", lines, StringComparison.Ordinal);
        await RunAsync("gzip", "-k", file);
        var packed = await RunAsync(
            "curl", "-sS", events, "-H", "Content-Type: application/x-ndjson", "-H", "Content-Encoding: gzip",
            "--data-binary", $"@{file}.gz");
        Assert.Contains("\"accepted\":2", packed, StringComparison.Ordinal);
        // More than a megabyte: curl asks first, with Expect: 100-continue.
        await File.WriteAllTextAsync(file, "[" + new string(' ', 1_500_000) + "1]", TestContext.Current.CancellationToken);
        var large = await RunAsync("curl", "-sS", events, "-H", "Content-Type: application/json", "--data-binary", $"@{file}");
        Assert.Contains("\"accepted\":1", large, StringComparison.Ordinal);
        string[] cloudEvent =
        [
            "-H", "ce-specversion: 1.0", "-H", "ce-id: 7", "-H", "ce-source: /shop", "-H", "ce-type: order", "--json", "{\"order\":1}",
        ];
        var first = await RunAsync("curl", ["-sS", events, .. cloudEvent]);
        Assert.Contains("Idempotent-Replayed: true", await RunAsync("curl", ["-sSi", events, .. cloudEvent]), StringComparison.Ordinal);
        Assert.Contains("\"accepted\":1", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrk_finds_no_answer_but_202()
    {
        Assert.SkipUnless(IsThere("wrk"), "wrk is not installed");
        using var node = await StartAsync();

        var output = await RunAsync(
            "wrk", "-t1", "-c16", "-d1s", "--timeout", "60s", "-s", Path.Combine(Folder, "post.lua"), $"{node.Setup.Intake}v1/events");

        Assert.Contains("requests in", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Socket errors", output, StringComparison.Ordinal);
        await AllStoredAsync(node, int.Parse(WrkRequests().Match(output).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("Http1", "--h1")]
    [InlineData("Http2", "-m8")]
    public async Task H2load_gets_a_202_for_every_request(string protocols, string option)
    {
        Assert.SkipUnless(IsThere("h2load"), "h2load (Debian: nghttp2-client) is not installed");
        using var node = await StartAsync(("Listen:Protocols", protocols));
        var body = _directory["event.json"];
        await File.WriteAllTextAsync(body, "{\"order\":4711}", TestContext.Current.CancellationToken);

        var output = await RunAsync(
            "h2load", option, "-n2000", "-c8", "-t1", "-d", body, "-H", "content-type: application/json", $"{node.Setup.Intake}v1/events");

        Assert.Contains("2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored", output, StringComparison.Ordinal);
        Assert.Contains("status codes: 2000 2xx", output, StringComparison.Ordinal);
        await AllStoredAsync(node, 2000);
    }

    [Fact]
    public async Task Autocannon_gets_a_202_for_every_request()
    {
        await InstallAsync();
        using var node = await StartAsync();

        var output = await RunAsync(
            Path.Combine(Folder, "node_modules", ".bin", "autocannon"),
            "--json", "-t", "60", "-c", "8", "-a", "2000", "-p", "4", "-m", "POST", "-H", "content-type=application/json",
            "-b", "{\"order\":4711}",
            $"{node.Setup.Intake}v1/events");

        using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        var root = report.RootElement;
        Assert.Equal((0, 0, 0), (Number("non2xx"), Number("errors"), Number("timeouts")));
        // It sends 2,000 and leaves without the last answers of what it had pipelined.
        Assert.InRange(Number("2xx"), 1900, 2000);
        await AllStoredAsync(node, Number("2xx"));

        int Number(string name) => root.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task The_CloudEvents_SDK_sends_in_three_modes_and_reads_its_events_back_from_Kafka()
    {
        await InstallAsync();
        Assert.SkipUnless(IsThere("kcat"), "kcat is not installed");
        using var kafka = MockKafka.Start();
        using var node = await StartAsync(
            ("Deliver", "kafka"), ("Sinks:kafka:BootstrapServers", kafka.Bootstraps));

        var output = await RunAsync(
            "node", Path.Combine(Folder, "cloudevents.mjs"), $"{node.Setup.Intake}v1/streams/orders/events", kafka.Bootstraps, "orders");

        Assert.Contains("10 events sent in three modes", output, StringComparison.Ordinal);
        Assert.Contains("10 events came back from Kafka as they were sent", output, StringComparison.Ordinal);
    }

    /// <summary>A part of what <c>make clients</c> runs: undisturbed, and killed under load.</summary>
    [Fact]
    public async Task Clients_of_dialects_are_content_and_get_what_they_were_told()
    {
        await InstallAsync();

        var output = await RunAsync("node", Path.Combine(Folder, "run.mjs"), "--quick");

        Assert.True(output.Contains(" passed, 0 failed", StringComparison.Ordinal), output);
    }

    /// <summary>fetch, beacons and libraries for analytics, from an origin that may send and from one that may not.</summary>
    [Fact]
    public async Task Pages_of_an_allowed_origin_send_and_those_of_others_store_nothing()
    {
        await InstallAsync();

        var (code, output) = await TryRunAsync("node", Path.Combine(Folder, "run.mjs"), "--quick", "--pages");

        Assert.SkipWhen(code == 77, output.Trim());
        Assert.True(output.Contains("8 passed, 0 failed", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task Signatures_of_the_providers_own_library_and_ids_of_acknowledgements_hold()
    {
        await InstallAsync();

        var output = await RunAsync("node", Path.Combine(Folder, "proofs", "run.mjs"), "signatures", "acknowledgements");

        Assert.Contains("2 proved, 0 not", output, StringComparison.Ordinal);
    }

    private async Task<IngestProcess> StartAsync(params (string, string)[] settings)
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(settings);
        if (setup.Settings.ContainsKey("Deliver"))
        {
            setup = setup with { Sinks = [] };
        }
        var node = IngestProcess.Start(setup);
        using var admin = new AdminClient(setup);
        // Not over the intake's port, which may speak HTTP/2 alone.
        await Poll.Until("the node is ready", async () => node.HasExited
            || (await admin.TryStatusAsync() is { } status && status.GetProperty("ready").GetBoolean()));
        Assert.False(node.HasExited, node.Output);
        return node;
    }

    /// <summary>What the client counted is what the log holds; one that stops by the clock may not have read its last answers.</summary>
    private static async Task AllStoredAsync(IngestProcess node, int counted)
    {
        using var admin = new AdminClient(node.Setup);
        var durable = (await admin.StatusAsync()).GetProperty("log").GetProperty("durable").GetInt64();
        Assert.InRange(durable, counted, counted + 100);
    }

    private static async Task InstallAsync()
    {
        var (code, output) = await TryRunAsync(Path.Combine(Folder, "install.sh"), "--quick");
        Assert.SkipWhen(code == 77, output.Trim());
        Assert.True(code == 0, output);
    }

    private static bool IsThere(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, command)));

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        var (code, output) = await TryRunAsync(command, arguments);
        Assert.True(code == 0, $"{command} ended with {code}: {output}");
        return output;
    }

    private static async Task<(int Code, string Output)> TryRunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Folder,
        })!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {Patience}.");
        }
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex WrkRequests();
}
