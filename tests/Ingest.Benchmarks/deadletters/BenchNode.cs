using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ingest.DeadLetters.Projection;
using Ingest.Hosting;
using Ingest.LiteDb;
using Ingest.Sinks.Contract;

namespace Ingest.DeadLetterBench;

/// <summary>A node in this process, asked over HTTP.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private bool _isStopped;

    private BenchNode(WebApplication app, HttpClient http) => (_app, _http) = (app, http);

    /// <summary>Starts a node and ends when it is ready.</summary>
    internal static async Task<BenchNode> StartAsync(string store, string data, bool refuses)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection(
        [
            new("Ingest:Data", data),
            new("Ingest:Deliver", "refusing"),
            new("Ingest:Operations:Store", store),
            new("Ingest:DeadLetters:LettersMax", "10000000"),
            new("Ingest:Drain:BalancerDelay", "0"),
        ]);
        builder.Services.AddSingleton<ISinkFactory>(new RefusingSinkFactory(refuses));
        builder.Services.AddSingleton<IDeadLetterProjectionFactory>(new LiteDbProjectionFactory());
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        var app = builder.Build();
        app.MapIngest();
        app.MapIngestOperations();
        await app.StartAsync();
        var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromMinutes(5) };
        var node = new BenchNode(app, http);
        await UntilAsync("ready", async () => (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode, 2);
        return node;
    }

    /// <summary>What a path answers.</summary>
    internal async Task<JsonElement> GetAsync(string path) =>
        JsonSerializer.Deserialize<JsonElement>(await _http.GetStringAsync(new Uri(path, UriKind.Relative)));

    internal async Task<JsonElement> PostAsync(string path, HttpContent content)
    {
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The dead letters of the status.</summary>
    internal async Task<JsonElement> LettersAsync() => (await GetAsync("/status")).GetProperty("deadLetters");

    /// <summary>Milliseconds of the slowest question's median of so many rounds, and of the slowest answer.</summary>
    internal async Task<(double Median, double Worst)> AskAsync(IReadOnlyList<string> questions, int rounds)
    {
        var (median, worst) = (0.0, 0.0);
        foreach (var question in questions)
        {
            var took = new double[rounds];
            for (var i = 0; i < rounds; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await _http.GetByteArrayAsync(new Uri(question, UriKind.Relative));
                took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
            Array.Sort(took);
            (median, worst) = (Math.Max(median, took[rounds / 2]), Math.Max(worst, took[^1]));
        }
        return (median, worst);
    }

    internal static async Task UntilAsync(string what, Func<Task<bool>> isSo, int everyMs = 20)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"not {what} within {Patience}"));
            }
            await Task.Delay(TimeSpan.FromMilliseconds(everyMs), TimeProvider.System);
        }
    }

    /// <summary>Stops the node; the second call has nothing left to do.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
        {
            return;
        }
        _isStopped = true;
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
