using System.Net;
using System.Net.Http.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>What an operator's command answered with 200 survives a kill right behind the answer.</summary>
public sealed class OperatorKillTests : IDisposable
{
    private const int Events = 50;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_policy_that_was_set_is_in_force_after_a_kill()
    {
        var setup = Setup("discard");
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            using var set = await Http.PutAsJsonAsync(
                new Uri(setup.Admin, "/policy"),
                new { streams = new { closed = new { enabled = false } } },
                TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
            await node.KillAsync();
        }
        using var next = await IngestProcess.StartReadyAsync(setup);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(setup, "closed"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(setup, "open"));
    }

    [Fact]
    public async Task A_rewound_lane_delivers_again_after_a_kill()
    {
        await using var downstream = await HttpDownstream.StartAsync();
        var setup = Setup("http").With(("Sinks:http:Url", downstream.Url.ToString()));
        var isDown = false;
        downstream.Answer = _ => new DownstreamAnswer(Volatile.Read(ref isDown) ? 503 : 204);
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync(setup, "orders", Events));
            await Poll.Until("all are delivered", () => downstream.Taken.Count == Events);
            Volatile.Write(ref isDown, true);
            await CommandAsync(setup, HttpMethod.Post, "/lanes/http/rewind?to=11");
            await node.KillAsync();
        }
        Volatile.Write(ref isDown, false);
        using var next = await IngestProcess.StartReadyAsync(setup);
        await Poll.Until("they are delivered again", () => downstream.Taken.Count >= Events + 40);
        Assert.Equal(Enumerable.Range(11, 40).Select(number => (long)number), downstream.Taken.Skip(Events).Distinct());
    }

    [Fact]
    public async Task A_forgotten_lane_does_not_come_back_after_a_kill()
    {
        var setup = Setup("discard");
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync(setup, "orders"));
            Assert.Equal(0, await node.StopAsync());
        }
        var other = setup with { Sinks = ["file"] };
        using (var node = await IngestProcess.StartReadyAsync(other))
        {
            Assert.Equal(1, await OrphansAsync(other));
            await CommandAsync(other, HttpMethod.Delete, "/lanes/discard");
            await node.KillAsync();
        }
        using var next = await IngestProcess.StartReadyAsync(other);
        Assert.Equal(0, await OrphansAsync(other));
    }

    [Fact]
    public async Task Requeued_dead_letters_are_sent_after_a_kill()
    {
        await using var downstream = await HttpDownstream.StartAsync();
        var answer = 422;
        downstream.Answer = _ => new DownstreamAnswer(Volatile.Read(ref answer));
        var setup = Setup("http").With(("Sinks:http:Url", downstream.Url.ToString()));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync(setup, "orders", Events));
            using var admin = new AdminClient(setup);
            await Poll.Until("all are dead letters", async () =>
                (await admin.StatusAsync()).GetProperty("deadLetters").GetProperty("count").GetInt64() == Events);
            Volatile.Write(ref answer, 503);
            using var requeued = await Http.PostAsJsonAsync(
                new Uri(setup.Admin, "/deadletters/requeue"), new { all = true }, TestContext.Current.CancellationToken);
            Assert.True(requeued.IsSuccessStatusCode);
            await node.KillAsync();
        }
        Volatile.Write(ref answer, 204);
        using var next = await IngestProcess.StartReadyAsync(setup);
        await Poll.Until("all are delivered", () => downstream.Taken.Distinct().Count() == Events);
    }

    private IngestSetup Setup(string sink) => new IngestSetup { Data = _directory["data"], Sinks = [sink] }.With(
        ("Wal:Retention", "1h"), ("Drain:BalancerDelay", "0"));

    private static async Task<HttpStatusCode> PostAsync(IngestSetup setup, string stream, int events = 1)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri(setup.Intake, $"/v1/streams/{stream}/events"), Enumerable.Range(1, events), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task CommandAsync(IngestSetup setup, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(setup.Admin, path));
        using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<int> OrphansAsync(IngestSetup setup)
    {
        using var admin = new AdminClient(setup);
        return (await admin.StatusAsync()).GetProperty("orphans").GetArrayLength();
    }
}
