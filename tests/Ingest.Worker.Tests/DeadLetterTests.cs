using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ingest.Operations.Letters;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>Events that a real HTTP endpoint refuses, from the POST to the requeue, through the real executable.</summary>
public sealed class DeadLetterTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Poison_in_a_batch_of_a_thousand_is_one_dead_letter_until_it_is_requeued()
    {
        await using var downstream = await PoisonedAsync(617);
        using var node = await StartAsync(downstream);
        await PostAsync(node, 1000);
        await SumAsync(node, delivered: 999, dead: 1);

        // 999 delivered, each once, and one dead letter with the answer's reason.
        Assert.Equal(Numbers(1, 1000).Where(number => number != 617), downstream.Taken);
        var letter = Assert.Single((await ListAsync(node)).Letters);
        Assert.Equal(("http/617", "orders", "dead", "HTTP 422: n must not be 617", 1), (letter.Id, letter.Stream, letter.State,
            letter.Reason, letter.Attempts));
        var shown = (await RunAsync(node, "show", "http/617")).Is(ExitCode.Fine, "HTTP 422: n must not be 617");
        Assert.Contains("{\"n\":617}", shown.Output, StringComparison.Ordinal);
        Assert.Equal("{\"n\":617}", (await RunAsync(node, "show", "http/617", "--payload")).Is(ExitCode.Fine).Output);

        // Not mended yet: it stays, with one more attempt.
        (await RunAsync(node, "requeue", "http/617")).Is(ExitCode.NotFine, "0 delivered, 1 refused again");
        Assert.Equal(2, Assert.Single((await ListAsync(node)).Letters).Attempts);

        downstream.Answer = null;
        (await RunAsync(node, "requeue", "http/617")).Is(ExitCode.Fine, "1 letter requeued: 1 delivered");
        Assert.Equal(617, downstream.Taken[^1]);
        await SumAsync(node, delivered: 1000, dead: 0);
        (await RunAsync(node, "list")).Is(ExitCode.Fine, "There are no dead letters.");

        Assert.Equal(0, await node.StopAsync());
        using var again = await IngestProcess.StartReadyAsync(node.Setup);
        await SumAsync(again, delivered: 1000, dead: 0);
        Assert.Empty((await ListAsync(again)).Letters);
        Assert.Equal(1000, downstream.Taken.Count);
    }

    [Fact]
    public async Task Letters_are_listed_exported_and_dropped_by_what_they_have_in_common()
    {
        await using var downstream = await PoisonedAsync(3, 5, 7);
        using var node = await StartAsync(downstream);
        await PostAsync(node, 10);
        await SumAsync(node, delivered: 7, dead: 3);

        var table = (await RunAsync(node, "list")).Is(ExitCode.Fine, "http/5");
        Assert.Contains("3 of 3 letters.", table.Output, StringComparison.Ordinal);
        Assert.Equal(["http/7"], (await ListAsync(node, "--reason", "NOT BE 7")).Letters.Select(letter => letter.Id));
        Assert.Empty((await ListAsync(node, "--key", "of another event")).Letters);
        var page = await ListAsync(node, "--after", "http/3", "--limit", "2");
        Assert.Equal(["http/5", "http/7"], page.Letters.Select(letter => letter.Id));
        Assert.Empty((await ListAsync(node, "--until", "2020-01-01T00:00:00Z")).Letters);
        var exported = (await RunAsync(node, "export", "--lane", "http")).Is(ExitCode.Fine);
        Assert.Equal(["{\"n\":3}", "{\"n\":5}", "{\"n\":7}"], exported.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("event").GetProperty("data").GetRawText()));
        (await RunAsync(node, "export", "--output", _directory["letters.ndjson"])).Is(ExitCode.Fine, "3 letters written");
        Assert.Equal(3, (await File.ReadAllLinesAsync(_directory["letters.ndjson"], Cancel)).Length);

        (await RunAsync(node, "drop", "--reason", "not be 7")).Is(ExitCode.Usage, error: "say --yes");
        (await RunAsync(node, "drop", "--reason", "not be 7", "--yes")).Is(ExitCode.Fine, "1 letter dropped.");
        (await RunAsync(node, "drop", "http/5", "http/6"))
            .Is(ExitCode.NotFine, error: "There is no dead letter http/6. Nothing was changed.");
        (await RunAsync(node, "drop", "http/5")).Is(ExitCode.Fine, "1 letter dropped.");
        (await RunAsync(node, "requeue", "nonsense")).Is(ExitCode.Usage, error: "LANE/SEQUENCE");
        (await RunAsync(node, "requeue")).Is(ExitCode.Usage, error: "Say which letters");
        (await RunAsync(node, "show", "http/5")).Is(ExitCode.NotFine, error: "There is no dead letter http/5.");

        // Dropped stays counted as dead-lettered, and stays dropped.
        await SumAsync(node, delivered: 7, dead: 3);
        await node.StopAsync();
        using var again = await IngestProcess.StartReadyAsync(node.Setup);
        await SumAsync(again, delivered: 7, dead: 3);
        Assert.Equal(["http/3"], (await ListAsync(again)).Letters.Select(letter => letter.Id));
        var metrics = await MetricsAsync(again);
        Assert.Contains("ingest_deadletters_pending{lane=\"http\"} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_problem_documents_and_change_nothing()
    {
        await using var downstream = await PoisonedAsync(1);
        using var node = await StartAsync(downstream);
        await PostAsync(node, 1);
        await SumAsync(node, delivered: 0, dead: 1);

        await ExpectAsync(HttpMethod.Get, "/deadletters/http/9", null, HttpStatusCode.NotFound, "unknown_dead_letter");
        await ExpectAsync(HttpMethod.Get, "/deadletters/http/x", null, HttpStatusCode.BadRequest, "bad_request");
        await ExpectAsync(HttpMethod.Get, "/deadletters?lame=http", null, HttpStatusCode.BadRequest, "bad_request");
        await ExpectAsync(HttpMethod.Get, "/deadletters?limit=0", null, HttpStatusCode.BadRequest, "bad_request");
        await ExpectAsync(HttpMethod.Get, "/deadletters/requeue?ticket=99", null, HttpStatusCode.NotFound, "unknown_ticket");
        const string nine = "{\"ids\":[\"http/9\"]}";
        await ExpectAsync(HttpMethod.Post, "/deadletters/requeue", nine, HttpStatusCode.NotFound, "unknown_dead_letter");
        foreach (var body in new[]
        {
            "", "{}", "[]", "{\"all\":false}", "{\"filter\":{}}", "{\"filter\":{\"lame\":\"http\"}}", "{\"all\":true,\"ids\":[\"http/1\"]}",
            "{\"ids\":[]}", "{\"ids\":[\"http\"]}", "{\"filter\":{\"state\":\"odd\"}}",
        })
        {
            await ExpectAsync(HttpMethod.Post, "/deadletters/drop", body, HttpStatusCode.BadRequest, "bad_request");
        }
        await ExpectAsync(HttpMethod.Delete, "/deadletters", null, HttpStatusCode.BadRequest, "bad_request");
        await ExpectAsync(HttpMethod.Delete, "/deadletters?lane=http&all=true", null, HttpStatusCode.BadRequest, "bad_request");
        await ExpectAsync(HttpMethod.Put, "/deadletters", null, HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Single((await ListAsync(node)).Letters);

        using var payload = await Http.GetAsync(new Uri(node.Setup.Admin, "/deadletters/http/1/payload"), Cancel);
        Assert.Equal("attachment", payload.Content.Headers.ContentDisposition?.DispositionType);
        using var dropped = await Http.DeleteAsync(new Uri(node.Setup.Admin, "/deadletters?lane=http"), Cancel);
        Assert.Equal("{\"letters\":1,\"ticket\":0}", await dropped.Content.ReadAsStringAsync(Cancel));

        async Task ExpectAsync(HttpMethod method, string path, string? body, HttpStatusCode status, string code)
        {
            using var request = new HttpRequestMessage(method, new Uri(node.Setup.Admin, path));
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using var response = await Http.SendAsync(request, Cancel);
            Assert.True(status == response.StatusCode, $"{method} {path} {body}: {response.StatusCode}");
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            Assert.Equal(code, problem.GetProperty("code").GetString());
        }
    }

    private async Task<IngestProcess> StartAsync(HttpDownstream downstream) => await IngestProcess.StartReadyAsync(
        new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Drain:BalancerDelay", "0"),
            ("Publishing:CursorInterval", "50ms"),
            ("Sinks:http:Url", downstream.Url + "in/{stream}")));

    private static async Task<HttpDownstream> PoisonedAsync(params long[] poison)
    {
        var downstream = await HttpDownstream.StartAsync();
        downstream.Answer = request => request.Sequences.FirstOrDefault(poison.Contains) is > 0 and var guilty
            ? new DownstreamAnswer(422, $"{{\"detail\":\"n must not be {guilty}\"}}")
            : new DownstreamAnswer(204);
        return downstream;
    }

    private static async Task PostAsync(IngestProcess node, int events)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, "/v1/streams/orders/events"), Enumerable.Range(1, events).Select(n => new { n }), Cancel);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private static async Task SumAsync(IngestProcess node, long delivered, long dead)
    {
        using var admin = new AdminClient(node.Setup);
        var told = "";
        var balanced = false;
        bool Is(JsonElement status)
        {
            var sum = status.GetProperty("lanes")[0].GetProperty("sum");
            told = sum.ToString();
            balanced = sum.GetProperty("balanced").GetBoolean();
            return (Of("delivered"), Of("deadLettered"), Of("pending")) == (delivered, dead, 0);

            long Of(string name) => sum.GetProperty(name).GetInt64();
        }
        await Poll.Until($"{delivered} delivered and {dead} dead", async () => Is(await admin.StatusAsync()));
        Assert.True(balanced, told);
    }

    private static async Task<string> MetricsAsync(IngestProcess node)
    {
        using var admin = new AdminClient(node.Setup);
        return await admin.MetricsAsync();
    }

    private static IEnumerable<long> Numbers(int from, int to) => Enumerable.Range(from, to - from + 1).Select(number => (long)number);

    private static Task<CliResult> RunAsync(IngestProcess node, params string[] words) =>
        Cli.RunAsync(["deadletters", .. words, "--admin", node.Setup.Admin.GetLeftPart(UriPartial.Authority)]);

    private static async Task<DeadLetterPage> ListAsync(IngestProcess node, params string[] words)
    {
        var result = (await RunAsync(node, ["list", "--json", .. words])).Is(ExitCode.Fine);
        return JsonSerializer.Deserialize(result.Output, DeadLetterJson.Default.DeadLetterPage)!;
    }
}
