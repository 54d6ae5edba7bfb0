using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>Requests that come again, also after the process that answered them first was killed.</summary>
public sealed class RepeatTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    private IngestSetup Setup => new() { Data = _directory["data"], Sinks = ["discard"] };

    [Fact]
    public async Task After_a_kill_a_repeat_gets_the_first_answer_and_another_body_a_conflict()
    {
        var setup = Setup;
        string[] first;
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            first =
            [
                await AcceptedAsync(setup, "[1,2,3]", "batch"),
                await AcceptedAsync(setup, "{\"a\":1}", "single"),
                await AcceptedAsync(setup, Envelope("1"), null, "application/cloudevents+json"),
            ];
            await node.KillAsync();
        }
        using (await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal(first[0], await AcceptedAsync(setup, "[1,2,3]", "batch", replayed: true));
            Assert.Equal(first[1], await AcceptedAsync(setup, "{\"a\":1}", "single", replayed: true));
            Assert.Equal(first[2], await AcceptedAsync(setup, Envelope("1"), null, "application/cloudevents+json", replayed: true));
            Assert.Equal("""{"accepted":3,"first":1,"last":3}""", first[0]);
            await ConflictAsync(setup, "[1,2]", "batch");
            await AcceptedAsync(setup, Envelope("2"), null, "application/cloudevents+json", replayed: true);
            // A new event has a number that the killed process cannot have given out: no repeat of an earlier answer.
            var another = JsonSerializer.Deserialize<JsonElement>(await AcceptedAsync(setup, "{\"a\":1}", "another"));
            Assert.True(another.GetProperty("first").GetInt64() > 6);
        }
    }

    [Fact]
    public async Task Many_at_once_with_one_key_store_one()
    {
        var setup = Setup;
        using var node = await IngestProcess.StartReadyAsync(setup);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(_ => PostAsync(setup, "{\"once\":true}", "race", "application/json")));

        Assert.All(answers, answer => Assert.Equal("""{"accepted":1,"first":1,"last":1}""", answer.Body));
        Assert.Single(answers, answer => !answer.Replayed);
        using var admin = new AdminClient(setup);
        Assert.Equal(1, (await admin.StatusAsync()).GetProperty("log").GetProperty("durable").GetInt64());
    }

    [Fact]
    public async Task The_log_keeps_what_tells_a_repeat_though_everything_was_delivered()
    {
        var setup = Setup.With(("Wal:SegmentBytes", "1MiB"));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            await AcceptedAsync(setup, "{\"kept\":1}", "kept");
            for (var i = 0; i < 8; i++)
            {
                await AcceptedAsync(setup, "\"" + new string('x', 700_000) + "\"", null);
            }
            using var admin = new AdminClient(setup);
            await Poll.Until("everything is delivered", async () => Settled(await admin.StatusAsync()) == 9);
            // Ten rounds of what would give the log's beginning back.
            var delivered = Uptime(await admin.StatusAsync());
            await Poll.Until("a second has passed", async () => Uptime(await admin.StatusAsync()) > delivered + 1);
            await node.KillAsync();
        }
        using (await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal("""{"accepted":1,"first":1,"last":1}""", await AcceptedAsync(setup, "{\"kept\":1}", "kept", replayed: true));
        }
    }

    private static long Settled(JsonElement status) =>
        status.GetProperty("lanes").EnumerateArray().Single().GetProperty("settled").GetInt64();

    private static double Uptime(JsonElement status) => status.GetProperty("uptimeSeconds").GetDouble();

    private static string Envelope(string data) =>
        "{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\",\"type\":\"t\",\"data\":" + data + "}";

    private async Task<string> AcceptedAsync(
        IngestSetup setup, string body, string? key, string type = "application/json", bool replayed = false)
    {
        var answer = await PostAsync(setup, body, key, type);
        Assert.True(answer.Status == HttpStatusCode.Accepted, $"{answer.Status} {answer.Body}");
        Assert.Equal(replayed, answer.Replayed);
        return answer.Body;
    }

    private async Task ConflictAsync(IngestSetup setup, string body, string? key, string type = "application/json")
    {
        var answer = await PostAsync(setup, body, key, type);
        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Contains("\"idempotency_conflict\"", answer.Body, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Body, bool Replayed)> PostAsync(
        IngestSetup setup, string body, string? key, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(setup.Intake, "/v1/events"))
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (answer.StatusCode, text, answer.Headers.TryGetValues("Idempotent-Replayed", out var values) && values.Single() == "true");
    }
}
