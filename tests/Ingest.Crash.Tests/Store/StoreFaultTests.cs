using System.Net.Http.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Store;

/// <summary>
/// The real executable with its dead letters' store in LiteDB, killed while letters come and go and its files damaged between two lives:
/// answers are those of the dead-letter log, at once and when the store is level again.
/// </summary>
public sealed class StoreFaultTests(ITestOutputHelper output)
{
    private const int EventsPerRound = 240;

    // Nothing is left to deliver, and the node's own bound is far away: what takes longer waits for the store.
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(45);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Killed_and_damaged_at_random_the_store_never_gives_another_answer_than_the_log()
    {
        var random = new Random(TestSeed.Read(output.WriteLine));
        using var directory = new TemporaryDirectory();
        await using var downstream = await HttpDownstream.StartAsync();
        var mended = false;
        downstream.Answer = request => !Volatile.Read(ref mended) && request.Sequences.Any(sequence => sequence % 3 == 0)
            ? new DownstreamAnswer(422, $"{{\"detail\":\"poison {request.Sequences[0] % 5}\"}}")
            : new DownstreamAnswer(204);
        var setup = Setup(directory["data"], downstream);
        var files = new StoreFiles(Path.Combine(setup.Data, "dead"), random);
        for (var round = 0; round < Scale.StoreRounds; round++)
        {
            using var node = await IngestProcess.StartReadyAsync(setup);
            await CheckAsync(setup);
            await Answers.LevelAsync(setup);
            await Answers.CheckAsync(setup);
            Volatile.Write(ref mended, false);
            await PostAsync(setup);
            await ChangeAsync(setup, random.Next(4) == 0 ? "drop" : "requeue", random.Next(2) == 0 ? "stream=a" : "");
            Volatile.Write(ref mended, random.Next(3) == 0);
            var enough = downstream.Taken.Count + random.Next(EventsPerRound);
            await Poll.Until("something went on", async () => downstream.Taken.Count >= enough || await IsQuietAsync(setup));
            await node.KillAsync();
            output.WriteLine($"round {round}: {files.Damage()}");
        }
        using var last = await IngestProcess.StartReadyAsync(setup);
        await CheckAsync(setup);
        await Answers.LevelAsync(setup);
        await CheckAsync(setup);
        Assert.Equal("litedb", Answers.Store(await Answers.StatusAsync(setup)).GetProperty("kind").GetString());
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await last.StopAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, StopMax);
    }

    [Fact]
    public async Task A_disk_that_is_full_costs_the_store_its_files_and_neither_answers_nor_health_nor_the_stop()
    {
        using var disk = SmallDisk.Mount(mebibytes: 32);
        await using var downstream = await HttpDownstream.StartAsync();
        downstream.Answer = request => new DownstreamAnswer(422, $"{{\"detail\":\"poison {request.Sequences[0] % 5}\"}}");
        var setup = Setup(Path.Combine(disk.Path, "data"), downstream).With(
            ("Wal:SegmentBytes", "1048576"),
            ("Health:DiskFreeLow", "0"),
            ("Health:DiskFreeHigh", "0"),
            ("Health:SampleInterval", "00:00:00.100"),
            ("Health:Dwell", "00:00:00"));
        using var node = await IngestProcess.StartReadyAsync(setup);
        await PostAsync(setup);
        await Poll.Until("all are letters", async () => await CountAsync(setup) == EventsPerRound);
        await Answers.LevelAsync(setup);

        disk.Fill();
        await ChangeAsync(setup, "drop", "key=k1");
        await Poll.Until("it is put aside", async () =>
            Answers.Store(await Answers.StatusAsync(setup)).GetProperty("failures").GetInt64() > 0);
        await Answers.CheckAsync(setup);
        await Poll.Until("ready says what intake does", async () => await IsReadyAsync(setup) == await TakesAsync(setup));

        disk.Free();
        await Answers.LevelAsync(setup);
        await Answers.CheckAsync(setup);

        disk.Fill();
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await node.StopAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, StopMax);
    }

    private static IngestSetup Setup(string data, HttpDownstream downstream) =>
        new IngestSetup { Data = data, Sinks = ["http"] }.With(
            ("Drain:BalancerDelay", "0"),
            ("Drain:Deadline", "10m"),
            ("Operations:Store", "litedb"),
            ("Publishing:CursorInterval", "20ms"),
            ("Sinks:http:BatchEventsMax", "40"),
            ("Sinks:http:WindowMax", "4"),
            ("Sinks:http:Url", downstream.Url.ToString()));

    private static async Task CheckAsync(IngestSetup setup)
    {
        await Poll.Until("everything is decided", () => IsQuietAsync(setup));
        await Answers.CheckAsync(setup);
    }

    private static async Task PostAsync(IngestSetup setup)
    {
        for (var i = 0; i < 6; i++)
        {
            using var request = Events(setup, i % 2 == 0 ? "a" : "b", $"k{i % 3}", EventsPerRound / 6);
            using var response = await Http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, response.ToString());
        }
    }

    private static async Task<bool> TakesAsync(IngestSetup setup)
    {
        using var request = Events(setup, "a", "k0", 1);
        using var response = await Http.SendAsync(request);
        return response.IsSuccessStatusCode;
    }

    private static HttpRequestMessage Events(IngestSetup setup, string stream, string key, int count) =>
        new(HttpMethod.Post, new Uri(setup.Intake, $"/v1/streams/{stream}/events"))
        {
            Content = JsonContent.Create(Enumerable.Range(0, count)),
            Headers = { { "Ingest-Key", key } },
        };

    private static async Task<bool> IsReadyAsync(IngestSetup setup)
    {
        using var response = await Http.GetAsync(new Uri(setup.Intake, "/health/ready"));
        return response.IsSuccessStatusCode;
    }

    private static async Task ChangeAsync(IngestSetup setup, string what, string filter)
    {
        var parts = filter.Split('=');
        object body = parts is [var name, var value]
            ? new { filter = new Dictionary<string, string> { [name] = value } }
            : new { all = true };
        using var response = await Http.PostAsJsonAsync(new Uri(setup.Admin, $"/deadletters/{what}"), body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<long> CountAsync(IngestSetup setup) => (await Answers.StatusAsync(setup)).GetProperty("count").GetInt64();

    private static async Task<bool> IsQuietAsync(IngestSetup setup)
    {
        using var admin = new AdminClient(setup);
        var status = await admin.StatusAsync();
        var letters = status.GetProperty("deadLetters");
        return status.GetProperty("lanes")[0].GetProperty("sum").GetProperty("pending").GetInt64() == 0
            && letters.GetProperty("requeued").GetInt64() == 0 && !letters.GetProperty("rebuilding").GetBoolean();
    }
}
