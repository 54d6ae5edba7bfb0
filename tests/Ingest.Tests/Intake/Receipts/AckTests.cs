using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Health.Policy;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Receipts;

/// <summary>When a request is answered, and what it is told: never an error for what is on disk.</summary>
public sealed class AckTests
{
    private const string Json = "application/json";
    private const string Path = "/v1/events";

    [Fact]
    public async Task Without_a_wish_the_answer_is_as_it_was_and_waits_for_nothing()
    {
        await using var server = await IntakeServer.StartAsync();
        Assert.Equal("""{"accepted":1,"first":1,"last":1}""", await BodyAsync(server));
        Assert.Equal("""{"accepted":1,"first":2,"last":2}""", await BodyAsync(server, ("Ingest-Ack", "durable")));
    }

    [Fact]
    public async Task Delivered_answers_when_the_lanes_have_the_events_and_not_before()
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = PostAsync(server, ("Ingest-Ack", "delivered"));
        await Poll.Until("it waits", () => server.Endpoint.Waits.Waiting == 1);
        Assert.False(answer.IsCompleted);
        server.Deliveries.Settled = 1;
        var delivered = await answer;
        Assert.Equal(HttpStatusCode.Accepted, delivered.StatusCode);
        Assert.Null(delivered.Headers.Location);
        Assert.Equal("""{"accepted":1,"first":1,"last":1,"delivered":true}""", await TextAsync(delivered));
    }

    [Theory]
    [InlineData("Ingest-Ack-Timeout", "20ms")]
    [InlineData("Ingest-Ack-Timeout", "0")]
    [InlineData("Prefer", "respond-async, wait=0")]
    public async Task At_the_deadline_it_is_202_with_a_place_to_ask(string header, string value)
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await PostAsync(server, ("Ingest-Ack", "Delivered"), (header, value));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("""{"accepted":1,"first":1,"last":1,"delivered":false}""", await TextAsync(answer));
        Assert.Equal("/v1/receipts/1-1?of=0123456789abcdef0123456789abcdef", answer.Headers.Location?.ToString());
        Assert.Equal(header == "Prefer", answer.Headers.Contains("Preference-Applied"));
        server.Deliveries.Settled = 1;
        var receipt = await server.Client.GetAsync(answer.Headers.Location, TestContext.Current.CancellationToken);
        Assert.Equal(
            "{\"first\":1,\"last\":1,\"delivered\":true,\"lanes\":[{\"lane\":\"kept\",\"delivered\":1,\"pending\":0,\"parked\":0,"
            + "\"deadLettered\":0,\"dropped\":0,\"unknown\":0}]}",
            await TextAsync(receipt));
    }

    [Theory]
    [InlineData("Ingest-Ack", "whenever")]
    [InlineData("Ingest-Ack-Timeout", "")]
    [InlineData("Ingest-Ack-Timeout", "soon")]
    [InlineData("Ingest-Ack-Timeout", "-1s")]
    [InlineData("Ingest-Ack-Timeout", "1.5s")]
    [InlineData("Ingest-Ack-Timeout", "5h")]
    public async Task A_wish_that_is_none_is_refused_before_anything_is_stored(string header, string value)
    {
        await using var server = await IntakeServer.StartAsync();
        var ack = header == "Ingest-Ack" ? value : "delivered";
        var answer = await PostAsync(server, [("Ingest-Ack", ack), .. header == "Ingest-Ack" ? [] : new[] { (header, value) }]);
        await IntakeServer.ProblemAsync(answer, HttpStatusCode.BadRequest, "bad_request");
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("Ingest-Ack-Timeout", "99999999999999999999m")]
    [InlineData("Ingest-Ack-Timeout", "2147483647m")]
    [InlineData("Prefer", "wait=99999999999999999999")]
    [InlineData("Prefer", "wait=soon")]
    public async Task A_time_beyond_the_bound_is_cut_to_it_and_a_preference_that_is_none_is_ignored(string header, string value)
    {
        await using var server = await IntakeServer.StartAsync(options => options.AckTimeoutMax = TimeSpan.FromMilliseconds(30));
        var body = await BodyAsync(server, ("Ingest-Ack", "delivered"), (header, value));
        Assert.Contains("\"delivered\":false", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_is_a_dead_letter_ends_the_wait_as_not_delivered()
    {
        await using var server = await IntakeServer.StartAsync();
        server.Deliveries.DeadLettered.Add(1);
        var answer = BodyAsync(server, ("Ingest-Ack", "delivered"), ("Ingest-Ack-Timeout", "1m"));
        await Poll.Until("it waits", () => server.Endpoint.Waits.Waiting == 1);
        server.Deliveries.Settled = 1;
        Assert.Contains("\"delivered\":false", await answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_ends_all_waits_at_once_and_those_that_come()
    {
        await using var server = await IntakeServer.StartAsync();
        var waiting = Enumerable.Range(0, 20).Select(_ => BodyAsync(server, ("Ingest-Ack", "delivered"), ("Ingest-Ack-Timeout", "1m")))
            .ToList();
        await Poll.Until("all wait", () => server.Endpoint.Waits.Waiting == waiting.Count);
        server.Endpoint.Waits.End(on: true);
        Assert.All(await Task.WhenAll(waiting), body => Assert.Contains("\"delivered\":false", body, StringComparison.Ordinal));
        Assert.Contains("\"delivered\":false", await BodyAsync(server, ("Ingest-Ack", "delivered")), StringComparison.Ordinal);
        server.Endpoint.Waits.End(on: false);
        var again = BodyAsync(server, ("Ingest-Ack", "delivered"));
        await Poll.Until("it waits", () => server.Endpoint.Waits.Waiting == 1);
        server.Deliveries.Settled = 100;
        Assert.Contains("\"delivered\":true", await again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beyond_the_bound_of_waits_the_answer_comes_at_once()
    {
        await using var server = await IntakeServer.StartAsync(options => options.AckWaitsMax = 1);
        var first = BodyAsync(server, ("Ingest-Ack", "delivered"));
        await Poll.Until("it waits", () => server.Endpoint.Waits.Waiting == 1);
        Assert.Contains("\"delivered\":false", await BodyAsync(server, ("Ingest-Ack", "delivered")), StringComparison.Ordinal);
        server.Deliveries.Settled = 2;
        Assert.Contains("\"delivered\":true", await first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_and_policy_say_what_may_be_asked_for_and_what_counts_without_a_wish()
    {
        await using var server = await IntakeServer.StartAsync(
            options => (options.Acks, options.AckTimeout) = (["durable"], TimeSpan.Zero));
        await IntakeServer.ProblemAsync(await PostAsync(server, ("Ingest-Ack", "delivered")), HttpStatusCode.Forbidden, "forbidden");
        Assert.Null(PolicyDocument.Parse(
            """{"acks":"durable,delivered","streams":{"orders":{"acks":"delivered"},"clicks":{}}}"""u8, out var document));
        server.Gate.Policy = new OperatorPolicy(document, TimeProvider.System, null);
        Assert.DoesNotContain("delivered", await BodyAsync(server), StringComparison.Ordinal);
        Assert.Contains("delivered", await BodyAsync(server, ("Ingest-Ack", "delivered")), StringComparison.Ordinal);
        var orders = await server.PostAsync("/v1/streams/orders/events", Json, "1");
        Assert.Contains("\"delivered\":false", await TextAsync(orders), StringComparison.Ordinal);
        var forbidden = await server.PostAsync("/v1/streams/orders/events", Json, "1"u8.ToArray(), ("Ingest-Ack", "durable"));
        await IntakeServer.ProblemAsync(forbidden, HttpStatusCode.Forbidden, "forbidden");
    }

    [Theory]
    [InlineData("""{"acks":"soon"}""", "acks = soon must be durable, delivered, or both")]
    [InlineData("""{"streams":{"a":{"acks":"durable,durable"}}}""", "streams.a.acks = durable,durable must be")]
    [InlineData("""{"acks":1}""", "acks = 1 must be a text or null")]
    public void A_policy_with_another_wish_is_refused_with_its_member(string policy, string said) =>
        Assert.StartsWith(said, PolicyDocument.Parse(Encoding.UTF8.GetBytes(policy), out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("0-1", 400)]
    [InlineData("5-4", 400)]
    [InlineData("7", 400)]
    [InlineData("a-b", 400)]
    [InlineData("1-100001", 400)]
    [InlineData("1-100000", 200)]
    public async Task A_receipt_is_asked_for_by_a_range_that_makes_sense(string range, int status)
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await server.Client.GetAsync(
            new Uri("/v1/receipts/" + range, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_receipt_of_another_log_knows_nothing()
    {
        await using var server = await IntakeServer.StartAsync();
        server.Deliveries.Settled = 9;
        var answer = await server.Client.GetStringAsync(
            new Uri("/v1/receipts/1-3?of=ffffffffffffffffffffffffffffffff", UriKind.Relative), TestContext.Current.CancellationToken);
        using var receipt = JsonDocument.Parse(answer);
        Assert.False(receipt.RootElement.GetProperty("delivered").GetBoolean());
        Assert.Equal(3, receipt.RootElement.GetProperty("lanes")[0].GetProperty("unknown").GetInt64());
    }

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, params (string Name, string Value)[] headers) =>
        server.PostAsync(Path, Json, "1"u8.ToArray(), headers);

    private static async Task<string> BodyAsync(IntakeServer server, params (string Name, string Value)[] headers)
    {
        var answer = await PostAsync(server, headers);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return await TextAsync(answer);
    }

    private static Task<string> TextAsync(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
