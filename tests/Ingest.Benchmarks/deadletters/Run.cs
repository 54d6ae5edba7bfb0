using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Ingest.DeadLetterBench;

/// <summary>One node's life, measured: filled with letters, or started again with them. Prints <c>name=value</c>, one a line.</summary>
internal static class Run
{
    private const int EventsPerRequest = 1000;
    private const int Requests = 4;
    private const int Rounds = 15;

    // Of 50,000 events 45,000 are orders, 4,800 bills, and 200 are rare.
    private static readonly string[] Pages =
    [
        "/deadletters?limit=100&stream=rare",
        "/deadletters?limit=100&key=k77",
        "/deadletters?limit=100&reason=f42%20is",
        "/deadletters?limit=100&stream=bills&reason=HTTP%20424",
        "/deadletters?limit=100&attempts=2",
        "/deadletters?limit=100&until=2020-01-01T00:00:00Z",
        "/deadletters?limit=100&stream=none",
    ];

    private static readonly string[] Groups =
    [
        "/deadletters/groups?by=reason",
        "/deadletters/groups?by=stream,reason,state,lane",
        "/deadletters/groups?by=reason&stream=bills",
        "/deadletters/groups?by=stream&reason=f42%20is",
        "/deadletters/groups?by=stream&since=2020-01-01T00:00:00Z",
    ];

    internal static async Task FillAsync(string store, string data, int letters, bool refuses)
    {
        await using var node = await BenchNode.StartAsync(store, data, refuses);
        var began = Stopwatch.GetTimestamp();
        var next = -1;
        async Task SendAsync()
        {
            while (Interlocked.Increment(ref next) is var request && request < letters / EventsPerRequest)
            {
                await PostAsync(node, request);
            }
        }
        await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => SendAsync()));
        var column = refuses ? "deadLettered" : "delivered";
        await BenchNode.UntilAsync(
            "filled",
            async () => (await node.GetAsync("/status")).GetProperty("lanes")[0].GetProperty("sum") is var sum
                && sum.GetProperty(column).GetInt64() == letters);
        Print("fill_s", Stopwatch.GetElapsedTime(began).TotalSeconds);
        Print("fill_cpu_s", ProcessorSeconds);
        if (!refuses)
        {
            return;
        }
        await UntilLevelAsync(node);
        Print("level_s", Stopwatch.GetElapsedTime(began).TotalSeconds);
        Print("level_cpu_s", ProcessorSeconds);
        await AskAsync(node);
        var status = await node.LettersAsync();
        Print("log_mb", status.GetProperty("logBytes").GetInt64() / 1e6);
        Print("store_mb", new DirectoryInfo(Path.Combine(data, "dead")).GetFiles("projection*").Sum(file => file.Length) / 1e6);
        Print("rss_mb", Process.GetCurrentProcess().PeakWorkingSet64 / 1e6);
    }

    internal static async Task StartAsync(string store, string data, int letters, long begun)
    {
        await using var node = await BenchNode.StartAsync(store, data, refuses: false);
        Print("ready_s", Since(begun));
        Print("ready_cpu_s", ProcessorSeconds);
        if (letters == 0)
        {
            return;
        }
        await node.GetAsync("/deadletters?limit=1");
        Print("known_s", Since(begun));
        await UntilLevelAsync(node);
        Print("start_level_s", Since(begun));
        var (began, used) = (Stopwatch.GetTimestamp(), ProcessorSeconds);
        using var body = new StringContent("{\"filter\":{\"stream\":\"orders\"}}", Encoding.UTF8, "application/json");
        var ticket = (await node.PostAsync("/deadletters/requeue", body)).GetProperty("ticket").GetInt64();
        var path = string.Create(CultureInfo.InvariantCulture, $"/deadletters/requeue?ticket={ticket}");
        await BenchNode.UntilAsync(
            "sent again", async () => (await node.GetAsync(path)).GetProperty("delivered").GetInt64() == letters / 10 * 9);
        Print("requeue_s", Stopwatch.GetElapsedTime(began).TotalSeconds);
        Print("requeue_cpu_s", ProcessorSeconds - used);
        var stopping = Stopwatch.GetTimestamp();
        await node.DisposeAsync();
        Print("stop_s", Stopwatch.GetElapsedTime(stopping).TotalSeconds);
    }

    private static double ProcessorSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    private static double Since(long unixMs) => (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - unixMs) / 1000.0;

    private static async Task AskAsync(BenchNode node)
    {
        await node.AskAsync([.. Pages, .. Groups], 3);
        if (Environment.GetEnvironmentVariable("EACH") is not null)
        {
            foreach (var question in Pages.Concat(Groups))
            {
                var (median, worst) = await node.AskAsync([question], Rounds);
                await Console.Error.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"{question} {median:0.00} {worst:0.00}"));
            }
        }
        var list = await node.AskAsync(["/deadletters?limit=100"], Rounds);
        Print("list_ms", list.Median);
        var (page, pageWorst) = await node.AskAsync(Pages, Rounds);
        Print("page_ms", page);
        Print("page_worst_ms", pageWorst);
        var (group, groupWorst) = await node.AskAsync(Groups, Rounds);
        Print("group_ms", group);
        Print("group_worst_ms", groupWorst);
    }

    private static Task UntilLevelAsync(BenchNode node) => BenchNode.UntilAsync("level", async () =>
        (await node.LettersAsync()).GetProperty("store") is not { ValueKind: System.Text.Json.JsonValueKind.Object } store
        || store.GetProperty("isLevel").GetBoolean());

    private static async Task PostAsync(BenchNode node, int request)
    {
        // Whole requests of one stream: what stands in one is stored side by side.
        var stream = request % 10 < 9 ? "orders" : "bills";
        var lines = new StringBuilder();
        for (var i = 0; i < EventsPerRequest; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{{\"order\":{(request * EventsPerRequest) + i},\"total\":\"twelve\"}}\n");
            if (i % 200 == 199)
            {
                var isRare = i == EventsPerRequest - 1 && request % 50 == 49;
                using var content = new StringContent(lines.ToString());
                content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
                content.Headers.Add("Ingest-Key", string.Create(CultureInfo.InvariantCulture, $"k{((request * 5) + (i / 200)) % 500}"));
                await node.PostAsync($"/v1/streams/{(isRare ? "rare" : stream)}/events", content);
                lines.Clear();
            }
        }
    }

    private static void Print(string name, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}={value:0.000}"));
}
