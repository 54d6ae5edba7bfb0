using System.Net;
using System.Text.Json;
using Ingest.Testing;
using Ingest.Worker.Bench;

namespace Ingest.Worker.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_load_is_counted_as_the_node_counts_it()
    {
        using var node = await StartAsync();
        var result = (await BenchAsync(node, "--duration", "3s", "--connections", "4", "--batch", "5", "--json")).Is(ExitCode.Fine);

        using var shown = JsonDocument.Parse(result.Output);
        var root = shown.RootElement;
        var accepted = root.GetProperty("accepted").GetInt64();
        Assert.True(accepted > 0);
        Assert.Equal(accepted * 5, root.GetProperty("events").GetInt64());
        Assert.Equal(accepted * 5, await DurableAsync(node));
        Assert.Empty(root.GetProperty("refused").EnumerateObject());
        Assert.True(root.GetProperty("latencyMs").GetProperty("p50").GetDouble() > 0);
        (await BenchAsync(node, "--duration", "3s", "--rate", "50")).Is(ExitCode.Fine, "from the moment each was due.");
    }

    [Fact]
    public async Task Refusals_are_counted_by_their_code_and_told_by_the_exit_code()
    {
        using var node = await StartAsync();
        using (var client = new AdminClient(node.Setup))
        {
            Assert.Equal(HttpStatusCode.Accepted, await client.PostAsync("/drain"));
            await Poll.Until("the node is drained", async () =>
                (await client.StatusAsync()).GetProperty("drain").GetProperty("phase").GetString() == "drained");
        }

        var result = (await BenchAsync(node, "--duration", "3s", "--rate", "20", "--connections", "2", "--polite", "--json"))
            .Is(ExitCode.NotFine, "\"503 draining\":");

        // A client that waits as long as Retry-After says is refused once a second and connection.
        using var shown = JsonDocument.Parse(result.Output);
        Assert.InRange(shown.RootElement.GetProperty("refused").GetProperty("503 draining").GetInt64(), 1, 8);
        Assert.True(shown.RootElement.GetProperty("unsent").GetInt64() >= 40);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "more than 16 MiB", "http://127.0.0.1:1", "--size", "1MiB", "--batch", "100")]
    [InlineData(ExitCode.Unavailable, "Nobody answers at http://127.0.0.1:1", "http://127.0.0.1:1", "--duration", "200ms")]
    public async Task What_cannot_be_done_is_said_plainly(int exitCode, string error, params string[] arguments)
    {
        (await Cli.RunAsync(["bench", .. arguments])).Is(exitCode, error: error);
    }

    [Fact]
    public void Percentiles_are_right_to_two_percent()
    {
        var random = new Random(7);
        var histogram = new LatencyHistogram();
        var values = Enumerable.Range(0, 50_000).Select(_ => Math.Pow(10, (random.NextDouble() * 6) - 3)).ToList();
        values.ForEach(milliseconds => histogram.Record(TimeSpan.FromMilliseconds(milliseconds)));
        values.Sort();
        foreach (var share in new[] { 0.01, 0.5, 0.9, 0.99, 0.999, 1 })
        {
            var exact = values[(int)Math.Ceiling(share * values.Count) - 1];
            Assert.InRange(histogram.Milliseconds(share), (exact * 0.98) - 0.001, (exact * 1.02) + 0.001);
        }
    }

    [Fact]
    public void Merged_histograms_are_one_and_an_empty_one_says_nothing()
    {
        var (left, right) = (new LatencyHistogram(), new LatencyHistogram());
        Assert.Equal(0, left.Milliseconds(0.5));
        left.Record(TimeSpan.FromMilliseconds(1));
        right.Record(TimeSpan.FromMilliseconds(1000));
        left.Add(right);
        Assert.Equal((2, 1000), (left.Count, left.Milliseconds(1)));
        Assert.InRange(left.Milliseconds(0.5), 0.98, 1.02);
    }

    [Fact]
    public void What_is_due_does_not_wait_for_answers_and_nothing_is_due_at_the_end()
    {
        var schedule = new BenchSchedule(rate: 100, TimeSpan.FromSeconds(1));
        var due = Enumerable.Range(0, 60).Select(_ => schedule.Take(TimeSpan.FromMilliseconds(5))!.Value.TotalMilliseconds).ToList();
        Assert.Equal(Enumerable.Range(0, 60).Select(i => i * 10.0), due.Select(milliseconds => Math.Round(milliseconds, 3)));
        Assert.Null(schedule.Take(TimeSpan.FromSeconds(1)));
        Assert.Equal(40, schedule.Unsent);
        Assert.All(Enumerable.Range(0, 40), _ => Assert.NotNull(schedule.Take(TimeSpan.Zero)));
        Assert.Null(schedule.Take(TimeSpan.Zero));
        Assert.Equal(0, schedule.Unsent);
    }

    [Fact]
    public void Events_have_the_size_that_was_asked_for_and_numbers_of_their_own()
    {
        var body = new BenchBody(100, 3);
        var lines = System.Text.Encoding.ASCII.GetString(body.Numbered(41)).TrimEnd().Split('\n');
        Assert.All(lines, line => Assert.Equal(100, line.Length));
        Assert.Equal(["000000000041", "000000000042", "000000000043"], lines.Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("bench").GetString()!;
        }));
    }

    private static Task<CliResult> BenchAsync(IngestProcess node, params string[] arguments) =>
        Cli.RunAsync(["bench", node.Setup.Intake.GetLeftPart(UriPartial.Authority), .. arguments]);

    private async Task<IngestProcess> StartAsync() => await IngestProcess.StartReadyAsync(
        new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(("Drain:BalancerDelay", "0")));

    private static async Task<long> DurableAsync(IngestProcess node)
    {
        using var client = new AdminClient(node.Setup);
        return (await client.StatusAsync()).GetProperty("log").GetProperty("durable").GetInt64();
    }
}
