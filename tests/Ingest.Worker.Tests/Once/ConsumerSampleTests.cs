using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Once;

/// <summary>The consumers of samples/Deduplicate have each event once, whatever is killed and whatever is delivered again.</summary>
public sealed class ConsumerSampleTests : IDisposable
{
    private const int Events = 300;

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("dotnet")]
    [InlineData("python3")]
    public async Task Each_event_is_written_once_though_node_and_consumer_are_killed_and_all_is_delivered_again(string runtime)
    {
        var port = FreePort.Next();
        using var consumer = new Process();
        consumer.StartInfo = StartInfo(runtime, port);
        Assert.SkipUnless(TryStart(consumer), $"There is no {runtime} here.");
        try
        {
            await RunAsync(consumer, port);
        }
        finally
        {
            Kill(consumer);
        }
    }

    private async Task RunAsync(Process consumer, int port)
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/")),
            ("Sinks:http:Format", "CloudEventsBatch"),
            ("Sinks:http:BatchEventsMax", "20"),
            ("Wal:Retention", "1h"));
        for (var round = 0; round < 3; round++)
        {
            using var node = await IngestProcess.StartReadyAsync(setup);
            for (var i = 0; i < Events / 3; i++)
            {
                await PostAsync(setup, (round * Events / 3) + i);
            }
            if (round == 1)
            {
                Kill(consumer);
                consumer.Start();
            }
            await Poll.Until("some is written", () => Lines().Length > round * Events / 3);
            await node.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(setup);
        using var admin = new AdminClient(setup);
        await Poll.Until("all is delivered", async () => Lines().Length >= Events
            && Lane(await admin.StatusAsync()).GetProperty("pendingEvents").GetInt64() == 0);
        Assert.Equal(HttpStatusCode.NoContent, await admin.PostAsync("/lanes/http/rewind?to=1"));
        await Poll.Until("all is delivered again", async () => Lane(await admin.StatusAsync()) is var lane
            && lane.GetProperty("repeated").GetInt64() >= Events && lane.GetProperty("pendingEvents").GetInt64() == 0);
        var written = Lines().Select(line => int.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture)).Order();
        Assert.Equal(Enumerable.Range(0, Events), written);
    }

    private static JsonElement Lane(JsonElement status) => status.GetProperty("lanes")[0];

    private ProcessStartInfo StartInfo(string runtime, int port)
    {
        var number = port.ToString(CultureInfo.InvariantCulture);
        var beside = AppContext.BaseDirectory.Replace("Ingest.Worker.Tests", "Deduplicate", StringComparison.Ordinal);
        var script = Path.Combine(SourceTree.Root, "samples/Deduplicate/deduplicate.py");
        return runtime == "dotnet"
            ? new ProcessStartInfo(runtime, [Path.Combine(beside, "Deduplicate.dll"), _directory["out"], "http://127.0.0.1:" + number])
            : new ProcessStartInfo(runtime, [script, _directory["out"], number]);
    }

    private static bool TryStart(Process process)
    {
        try
        {
            return process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    private string[] Lines() => File.Exists(_directory["out"]) ? File.ReadAllLines(_directory["out"]) : [];

    private async Task PostAsync(IngestSetup setup, int number)
    {
        using var answer = await _http.PostAsJsonAsync(new Uri(setup.Intake, "/v1/events"), number, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
