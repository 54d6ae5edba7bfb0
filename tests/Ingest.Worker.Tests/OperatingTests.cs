using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Operations.Status;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>What operators do to a running node, from their terminal and from scripts.</summary>
public sealed class OperatingTests : IDisposable
{
    private const string Token = "0123456789abcdef0123";

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Status_shows_what_became_of_every_event()
    {
        using var node = await StartAsync();
        await PostAsync(node, "orders", 7);
        await PostAsync(node, "clicks", 5);
        await DeliveredAsync(node, 12);

        var status = await StatusAsync(node);

        Assert.Equal(("serving", true, 12L), (status.State, status.Ready, status.Log.Durable));
        Assert.Equal(new LaneSum(12, 0, 12, 0, 0, 0, Balanced: true), status.Lanes[0].Sum);
        Assert.Equal([("clicks", 5L, 5L, 0L), ("orders", 7L, 7L, 0L)], status.Streams
            .Select(stream => (stream.Stream, stream.Accepted, stream.Lanes[0].Delivered, stream.Lanes[0].Outstanding)));
        var shown = (await Cli.RunAsync("status", "--admin", Admin(node))).Is(ExitCode.Fine, "serving, ready.", "");
        Assert.Contains("adds up", shown.Output, StringComparison.Ordinal);
        (await Cli.RunAsync("lanes", "list", "--admin", Admin(node))).Is(ExitCode.Fine, "file");
    }

    [Fact]
    public async Task Nobody_there_or_somebody_else_there_is_told_apart()
    {
        using var node = await StartAsync();

        (await Cli.RunAsync("status", "--admin", $"http://127.0.0.1:{FreePort.Next()}"))
            .Is(ExitCode.Unavailable, error: "Nobody answers at http://127.0.0.1:");
        (await Cli.RunAsync("status", "--admin", node.Setup.Intake.GetLeftPart(UriPartial.Authority)))
            .Is(ExitCode.Unavailable, error: "is no admin listener");
    }

    [Fact]
    public async Task A_drain_that_met_its_deadline_keeps_the_age_of_what_is_left_and_the_reason()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Drain:BalancerDelay", "0"), ("Drain:Deadline", "1s"), ("Sinks:http:Url", $"http://127.0.0.1:{FreePort.Next()}/")));
        await PostAsync(node, "orders", 3);
        await Poll.Until("the lane has met its obstacle", async () => (await StatusAsync(node)).Lanes[0].Reason.Length > 0);

        var drained = await Cli.RunAsync("drain", "--admin", Admin(node));

        Assert.Contains("3 events stay in the log", drained.Output, StringComparison.Ordinal);
        var status = await StatusAsync(node);
        Assert.Equal(("stopped", 3L), (status.Lanes[0].State, status.Lanes[0].PendingEvents));
        Assert.Contains("refused", status.Lanes[0].Reason, StringComparison.OrdinalIgnoreCase);
        Assert.All(
            [status.Lanes[0].LagSeconds, status.Log.OldestPendingSeconds, status.Drain.BacklogOldestSeconds],
            seconds => Assert.InRange(seconds, 0.9, 300));
        using var admin = new AdminClient(node.Setup);
        var metrics = await admin.MetricsAsync();
        foreach (var name in (string[])["ingest_lane_lag_seconds", "ingest_log_oldest_pending_age_seconds"])
        {
            var line = metrics.Split('\n').First(line => line.Split('{', ' ')[0] == name);
            Assert.InRange(double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), 0.9, 300);
        }
        var groups = status.Queue.Groups;
        (await Cli.RunAsync("resume", "--admin", Admin(node))).Is(ExitCode.Fine);
        Assert.Equal(groups, (await StatusAsync(node)).Queue.Groups);
    }

    [Fact]
    public async Task A_drain_and_its_end_show_at_every_step()
    {
        using var node = await StartAsync();
        await PostAsync(node, "orders", 3);

        var drained = (await Cli.RunAsync("drain", "--admin", Admin(node))).Is(ExitCode.Fine, "is drained after ");
        Assert.Contains("everything was delivered", drained.Output, StringComparison.Ordinal);
        using (var refused = await PostAsync(node, "orders", 1, expect: HttpStatusCode.ServiceUnavailable))
        {
            var problem = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("draining", problem, StringComparison.Ordinal);
        }
        (await Cli.RunAsync("status", "--admin", Admin(node))).Is(ExitCode.NotFine, "drained, not ready");

        (await Cli.RunAsync("resume", "--admin", Admin(node))).Is(ExitCode.Fine, "serves again");
        (await Cli.RunAsync("resume", "--admin", Admin(node))).Is(ExitCode.NotFine, error: "There is no drain to take back.");
        await PostAsync(node, "orders", 1);
        Assert.Equal(4, (await StatusAsync(node)).Log.Durable);
    }

    [Fact]
    public async Task A_lane_can_be_rewound_and_says_how_far()
    {
        using var node = await StartAsync();
        await PostAsync(node, "orders", 5);
        await DeliveredAsync(node, 5);

        // Where no person can be asked it is counted, and nothing happens.
        (await LanesAsync("rewind", "file", "--to", "2")).Is(ExitCode.Usage, error: "It would deliver 4 events, 2 to 5, once more");
        Assert.Equal(0, (await StatusAsync(node)).Lanes[0].Repeated);
        (await LanesAsync("rewind", "file", "--to", "6", "--yes")).Is(ExitCode.Fine, "Nothing is delivered again");
        (await LanesAsync("rewind", "file", "--to", "2", "--yes")).Is(ExitCode.Fine, "Lane file delivers 4 events, 2 to 5, once more.");
        (await LanesAsync("rewind", "file", "--to", "99")).Is(ExitCode.NotFine, error: "from 1 to ");
        (await LanesAsync("rewind", "none", "--to", "1")).Is(ExitCode.NotFine, error: "no lane none");
        (await LanesAsync("forget", "file")).Is(ExitCode.NotFine, error: "The lane has a sink");
        (await LanesAsync("try", "file")).Is(ExitCode.Fine, "tries now");

        Task<CliResult> LanesAsync(params string[] words) => Cli.RunAsync(["lanes", .. words, "--admin", Admin(node)]);
    }

    [Fact]
    public async Task A_lane_whose_sink_was_taken_out_holds_the_log_until_it_is_forgotten()
    {
        using (var before = await StartAsync("discard"))
        {
            await PostAsync(before, "orders", 5);
            await before.StopAsync();
        }
        using var node = await StartAsync();
        Assert.Equal("discard", Assert.Single((await StatusAsync(node)).Orphans).Name);

        (await Cli.RunAsync("status", "--admin", Admin(node))).Is(ExitCode.Fine, "discard has no sink and holds the log from event ");
        (await Cli.RunAsync("lanes", "forget", "discard", "--admin", Admin(node))).Is(ExitCode.Fine, "is forgotten");

        Assert.Empty((await StatusAsync(node)).Orphans);
    }

    [Fact]
    public async Task The_policy_is_shown_and_changed_without_a_restart()
    {
        using var node = await StartAsync("discard", ("Name", "node-7"));
        (await PolicyAsync("show")).Is(ExitCode.Fine, "nothing was ever written");
        (await PolicyAsync("set", "enabled=false")).Is(ExitCode.Fine, "in force");
        (await PostAsync(node, "orders", 1, expect: HttpStatusCode.ServiceUnavailable)).Dispose();
        (await Cli.RunAsync("status", "--admin", Admin(node))).Is(ExitCode.NotFine, "policy_refused");

        (await PolicyAsync("set", "enabled=true", "streams.a.b.enabled=false", "keys.shop.rateLimit=5")).Is(ExitCode.Fine);
        (await PostAsync(node, "a.b", 1, expect: HttpStatusCode.ServiceUnavailable)).Dispose();
        await PostAsync(node, "orders", 1);

        (await PolicyAsync("set", "rateLimit=-1")).Is(ExitCode.NotFine, error: "RateLimit = -1 must be above 0");
        (await PolicyAsync("set", "nonsense=1")).Is(ExitCode.NotFine, error: "nonsense");
        (await PolicyAsync("set", "streams=yes")).Is(ExitCode.Usage, error: "must be");
        (await PolicyAsync("set", _directory["none.json"])).Is(ExitCode.Unavailable, error: "cannot be read");
        var shown = (await PolicyAsync("show", "--json")).Is(ExitCode.Fine, "\"a.b\"").Output;
        await File.WriteAllTextAsync(_directory["policy.json"], shown, TestContext.Current.CancellationToken);
        (await PolicyAsync("set", _directory["policy.json"])).Is(ExitCode.Fine);

        var status = await StatusAsync(node);
        Assert.Equal(("node-7", 1, 1, (string?)null), (status.Node, status.Policy!.Streams, status.Policy.Keys, status.Policy.Error));
        Assert.Contains(" node-7 ", node.Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(_directory["data"], "policy.json"), "{", TestContext.Current.CancellationToken);
        await Poll.Until("the mistake shows", async () => (await StatusAsync(node)).Policy!.Error is not null);
        (await PolicyAsync("show")).Is(ExitCode.NotFine, "not in force");

        Task<CliResult> PolicyAsync(params string[] words) => Cli.RunAsync(["policy", .. words, "--admin", Admin(node)]);
    }

    [Fact]
    public async Task Of_two_operators_who_change_the_policy_at_once_the_second_learns_of_the_first()
    {
        using var node = await StartAsync("discard");
        using var before = await Http.GetAsync(new Uri(node.Setup.Admin, "/policy"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, await PutAsync("{\"rateLimit\":5}", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync("{\"rateLimit\":6}", before.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PutAsync("[]", "*"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PutAsync(new string(' ', (4 * 1024 * 1024) + 1), "*"));
        Assert.Equal(5, (await StatusAsync(node)).Policy!.RateLimit);

        async Task<HttpStatusCode> PutAsync(string policy, string match)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(node.Setup.Admin, "/policy"));
            request.Content = new StringContent(policy);
            request.Headers.TryAddWithoutValidation("If-Match", match);
            using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task The_token_is_asked_of_everything_but_health()
    {
        using var node = await StartAsync("discard", ("Admin:Token", Token));
        foreach (var path in new[] { "/status", "/metrics", "/lanes", "/nothing" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(node, path));
            Assert.NotEqual(HttpStatusCode.Unauthorized, await GetAsync(node, path, Token));
        }
        Assert.Equal(HttpStatusCode.OK, await GetAsync(node, "/health/ready"));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(node, "/health/live"));

        (await Cli.RunAsync("status", "--admin", Admin(node))).Is(ExitCode.Unavailable, error: "wants its token: pass --token");
        (await Cli.RunAsync("status", "--admin", Admin(node), "--token", "wrong")).Is(ExitCode.Unavailable);
        (await Cli.RunAsync("status", "--admin", Admin(node), "--token", Token)).Is(ExitCode.Fine);
        (await Cli.RunAsync([("INGEST_Admin__Token", Token), ("INGEST_Listen__Admin", Admin(node))], ["status"])).Is(ExitCode.Fine);
    }

    [Fact]
    public async Task Errors_of_the_admin_listener_are_problem_documents()
    {
        using var node = await StartAsync("discard");
        await ExpectAsync(HttpMethod.Get, "/nothing", HttpStatusCode.NotFound, "not_found");
        await ExpectAsync(HttpMethod.Get, "/drain", HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        await ExpectAsync(HttpMethod.Post, "/status", HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        await ExpectAsync(HttpMethod.Post, "/drain?deadlineSeconds=-1", HttpStatusCode.BadRequest, "bad_request");
        await ExpectAsync(HttpMethod.Post, "/resume", HttpStatusCode.Conflict, "not_draining");
        await ExpectAsync(HttpMethod.Get, "/v1/events", HttpStatusCode.NotFound, "not_found");

        async Task ExpectAsync(HttpMethod method, string path, HttpStatusCode status, string code)
        {
            using var request = new HttpRequestMessage(method, new Uri(node.Setup.Admin, path));
            using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.Equal(code, problem.GetProperty("code").GetString());
        }
    }

    private async Task<IngestProcess> StartAsync(string sink = "file", params (string Key, string Value)[] settings) =>
        await IngestProcess.StartReadyAsync(
            new IngestSetup { Data = _directory["data"], Sinks = [sink] }.With([("Drain:BalancerDelay", "0"), .. settings]));

    private static string Admin(IngestProcess node) => node.Setup.Admin.GetLeftPart(UriPartial.Authority);

    private static async Task<HttpStatusCode> GetAsync(IngestProcess node, string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Setup.Admin, path));
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<NodeStatus> StatusAsync(IngestProcess node)
    {
        var result = await Cli.RunAsync("status", "--json", "--admin", Admin(node));
        return JsonSerializer.Deserialize(result.Output, StatusJson.Default.NodeStatus)!;
    }

    private static async Task DeliveredAsync(IngestProcess node, long count) =>
        await Poll.Until($"{count} events are delivered", async () => (await StatusAsync(node)).Lanes[0].Sum.Delivered == count);

    private static async Task<HttpResponseMessage> PostAsync(
        IngestProcess node, string stream, int events, HttpStatusCode expect = HttpStatusCode.Accepted)
    {
        var response = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, $"/v1/streams/{stream}/events"), Enumerable.Range(0, events), TestContext.Current.CancellationToken);
        Assert.Equal(expect, response.StatusCode);
        return response;
    }
}
