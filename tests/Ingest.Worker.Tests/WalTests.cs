using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed class WalTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_log_can_be_looked_into_beside_its_running_node()
    {
        using var node = await StartAsync("discard");
        await PostAsync(node, "line\nbreak", "second");

        var inspected = (await Cli.RunAsync("wal", "inspect", _directory["data"])).Is(ExitCode.Fine, "events 1 to 2, ");
        Assert.Contains("tail", inspected.Output, StringComparison.Ordinal);
        (await Cli.RunAsync("wal", "verify", _directory["data"])).Is(ExitCode.Fine, "2 events in 1 commit.\nSound.");
        (await Cli.RunAsync("wal", "verify", _directory["data/wal"], "--json")).Is(ExitCode.Fine, "\"records\":2");

        var dumped = (await Cli.RunAsync("wal", "dump", _directory["data"], "--from", "2")).Is(ExitCode.Fine);
        using var line = JsonDocument.Parse(Assert.Single(dumped.Output.TrimEnd().Split('\n')));
        Assert.Equal((2, "orders", "second"), (
            line.RootElement.GetProperty("seq").GetInt64(),
            line.RootElement.GetProperty("stream").GetString(),
            line.RootElement.GetProperty("data").GetString()));
        (await Cli.RunAsync("wal", "dump", _directory["data"], "--frames")).Is(ExitCode.Fine, "\"frame\":\"commit\"");
        Assert.Equal("", (await Cli.RunAsync("wal", "dump", _directory["data"], "--from", "1", "--to", "0")).Is(ExitCode.Fine).Output);
        Assert.Equal("", (await Cli.RunAsync("wal", "dump", _directory["data"], "--stream", "clicks")).Is(ExitCode.Fine).Output);
        (await Cli.RunAsync("wal", "dump", _directory["data"], "--stream", "orders")).Is(ExitCode.Fine, "\"seq\":2,");
    }

    [Fact]
    public async Task Damage_is_found_and_said()
    {
        using (var node = await StartAsync("discard"))
        {
            await PostAsync(node, "first", "second");
            await PostAsync(node, "third");
            await node.KillAsync();
        }
        var segment = Directory.GetFiles(_directory["data/wal"], "*.wal").Single();
        using (var file = File.OpenHandle(segment, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, [0xFF, 0xFF, 0xFF, 0xFF], fileOffset: 4096 + 40);
        }

        var result = (await Cli.RunAsync("wal", "verify", _directory["data"])).Is(ExitCode.NotFine, "DAMAGED: ");
        Assert.Contains("loss", result.Output, StringComparison.Ordinal);
        (await Cli.RunAsync("wal", "dump", _directory["data"], "--frames")).Is(ExitCode.NotFine, "\"valid\":false");
    }

    [Fact]
    public async Task A_missing_oldest_segment_is_found_by_the_lane_that_needs_it()
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Wal:SegmentBytes", "1MiB"), ("Sinks:Http:Url", $"http://127.0.0.1:{FreePort.Next()}/"));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            for (var i = 0; i < 4; i++)
            {
                await PostAsync(node, new string('x', 400_000));
            }
            await node.KillAsync();
        }
        (await VerifyAsync()).Is(ExitCode.Fine, "Sound.");
        var oldest = Directory.GetFiles(_directory["data/wal"], "*.wal").Order(StringComparer.Ordinal).First();
        File.Delete(oldest);
        (await VerifyAsync("--json")).Is(ExitCode.NotFine, "cursors/http.cursor says that only events up to 0 are settled");
        (await VerifyAsync()).Is(ExitCode.NotFine, "DAMAGED: 2 events lost.");
        foreach (var flags in (string[][])[[], ["--apply"]])
        {
            (await Cli.RunAsync(["wal", "repair", _directory["data"], .. flags]))
                .Is(ExitCode.NotFine, "There is nothing that a repair can do. 2 events cannot be brought back.")
                .Is(ExitCode.NotFine, "cursors/http.cursor says that only events up to 0 are settled; no repair brings it back");
        }

        Task<CliResult> VerifyAsync(params string[] flags) => Cli.RunAsync(["wal", "verify", _directory["data"], .. flags]);
    }

    [Fact]
    public async Task A_damaged_log_is_repaired_when_told_to_and_not_before()
    {
        using (var node = await StartAsync("discard"))
        {
            await PostAsync(node, "first", "second");
            await PostAsync(node, "third");
            (await RepairAsync()).Is(ExitCode.Unavailable, error: "is in use by process");
            await node.KillAsync();
        }
        var segment = Directory.GetFiles(_directory["data/wal"], "*.wal").Single();
        using (var file = File.OpenHandle(segment, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, [0xFF, 0xFF, 0xFF, 0xFF], fileOffset: 4096 + 40);
        }

        (await RepairAsync()).Is(ExitCode.NotFine, "nothing was changed. 1 event cannot be brought back. Do it with --apply.");
        (await Cli.RunAsync("wal", "verify", _directory["data"])).Is(ExitCode.NotFine, "DAMAGED: ");
        (await RepairAsync("--apply", "--json")).Is(ExitCode.Fine, "\"action\":\"SetDownLoss\"");
        (await Cli.RunAsync("wal", "verify", _directory["data"])).Is(ExitCode.Fine, "Sound. 1 event lost before this.");
        (await RepairAsync("--apply")).Is(ExitCode.Fine, "there is nothing to repair");
        Assert.Equal(2, (await Cli.RunAsync("wal", "dump", _directory["data"])).Is(ExitCode.NotFine).Output.TrimEnd().Split('\n').Length);

        Task<CliResult> RepairAsync(params string[] flags) => Cli.RunAsync(["wal", "repair", _directory["data"], .. flags]);
    }

    [Fact]
    public async Task A_cut_end_is_never_called_no_loss_and_its_numbers_are_not_used_again()
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Wal:SegmentBytes", "1MiB"), ("Sinks:Http:Url", $"http://127.0.0.1:{FreePort.Next()}/"));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            for (var i = 0; i < 40; i++)
            {
                await PostAsync(node, "a", "b", "c", "d", "e");
            }
            await node.KillAsync();
        }
        var segment = Directory.GetFiles(_directory["data/wal"], "*.wal").Single();
        using (var file = File.OpenHandle(segment, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, 12_000);
        }

        await IsUncountedAsync();
        (await Cli.RunAsync("wal", "repair", _directory["data"]))
            .Is(ExitCode.NotFine, "An unknown number of events cannot be brought back, as the log's end was cut off.");
        var first = await RestartAsync();
        Assert.True(first > 200, $"{first} may have been given out before");
        await IsUncountedAsync();
        (await Cli.RunAsync("wal", "inspect", _directory["data"])).Is(ExitCode.Fine, " numbers skipped");
        (await Cli.RunAsync("wal", "repair", _directory["data"], "--apply", "--json")).Is(ExitCode.Fine, "\"lossIsUncounted\":true");
        (await Cli.RunAsync("wal", "verify", _directory["data"])).Is(ExitCode.Fine, " numbers skipped");
        Assert.True(await RestartAsync() > first);

        async Task IsUncountedAsync()
        {
            var said = (await Cli.RunAsync("wal", "verify", _directory["data"]))
                .Is(ExitCode.NotFine, "DAMAGED: An unknown number of events lost.");
            Assert.DoesNotContain("0 events lost", said.Output, StringComparison.Ordinal);
            (await Cli.RunAsync("wal", "verify", _directory["data"], "--json")).Is(ExitCode.NotFine, "\"lossIsUncounted\":true");
        }

        async Task<long> RestartAsync()
        {
            using var node = await IngestProcess.StartReadyAsync(setup);
            using var response = await Http.PostAsJsonAsync(
                new Uri(node.Setup.Intake, "/v1/streams/orders/events"), new[] { "after" }, TestContext.Current.CancellationToken);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            await node.KillAsync();
            return answer.GetProperty("first").GetInt64();
        }
    }

    [Fact]
    public async Task A_directory_without_a_log_is_said_plainly()
    {
        (await Cli.RunAsync("wal", "inspect", _directory["nothing"])).Is(ExitCode.Unavailable, error: "There is no directory");
        (await Cli.RunAsync("wal", "verify", _directory.Path)).Is(ExitCode.Unavailable, error: "There is no log in");
        (await Cli.RunAsync("wal", "dump", _directory.Path)).Is(ExitCode.Unavailable, error: "There is no log in");
    }

    [Fact]
    public async Task The_log_of_a_dead_node_is_delivered_and_only_by_one_at_a_time()
    {
        // The lane that discards may not have saved that it did: it is not asked.
        string[] drain = ["drain", "--data", _directory["data"], "--sink", "file", "--only", "file"];
        using (var node = await StartAsync("discard"))
        {
            await PostAsync(node, "a", "b", "c");
            (await Cli.RunAsync(drain)).Is(ExitCode.Unavailable, error: "is in use by process");
            await node.KillAsync();
        }

        (await Cli.RunAsync(drain)).Is(ExitCode.Fine, "0 pending: everything");
        var again = (await Cli.RunAsync([.. drain, "--json"])).Is(ExitCode.Fine);
        using var summary = JsonDocument.Parse(again.Output);
        Assert.True(summary.RootElement.GetProperty("empty").GetBoolean());
        Assert.Equal(3, summary.RootElement.GetProperty("lanes")[0].GetProperty("delivered").GetInt64());
        var lines = Directory.GetFiles(_directory["data/out/orders"], "*.ndjson").SelectMany(File.ReadLines);
        Assert.Equal(3, lines.Count());
        (await Cli.RunAsync("drain", "--data", _directory["elsewhere"])).Is(ExitCode.Unavailable, error: "There is no log in");
    }

    private async Task<IngestProcess> StartAsync(string sink) =>
        await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = [sink] });

    private static async Task PostAsync(IngestProcess node, params string[] events)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, "/v1/streams/orders/events"), events, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
