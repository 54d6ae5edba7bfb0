using System.Net;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Once;

/// <summary><c>Ingest-Ack: delivered</c> with the real executable and a real receiver.</summary>
public sealed class DeliveredAckTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();
    private HttpDownstream _receiver = null!;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _receiver.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task While_the_receiver_takes_events_the_answer_says_delivered_and_they_are_there()
    {
        var setup = await StartReceiverAsync();
        using var node = await IngestProcess.StartReadyAsync(setup);
        for (var i = 1; i <= 20; i++)
        {
            var answer = await PostAsync(setup, "10s");
            Assert.True(answer.Delivered, answer.Body);
            Assert.Contains((long)i, _receiver.Taken);
        }
    }

    [Fact]
    public async Task While_the_receiver_is_down_the_deadline_counts_and_the_receipt_changes_once_it_is_back()
    {
        var setup = await StartReceiverAsync();
        _receiver.Answer = _ => new DownstreamAnswer(503);
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            var answer = await PostAsync(setup, "100ms");
            Assert.False(answer.Delivered);
            Assert.False(await AskAsync(answer));
            // What it says of an event is as true after a kill as before.
            await node.KillAsync();
            using var again = await IngestProcess.StartReadyAsync(setup);
            Assert.False(await AskAsync(answer));
            var waiting = PostAsync(setup, "50s");
            _receiver.Answer = null;
            Assert.True((await waiting).Delivered);
            Assert.True(await AskAsync(answer));
            await again.KillAsync();
        }
        using (await IngestProcess.StartReadyAsync(setup))
        {
            var second = await PostAsync(setup, "10s");
            Assert.True(second.Delivered, second.Body);
            Assert.True(await AskAsync(second));
        }
    }

    [Fact]
    public async Task A_parked_event_and_a_dead_letter_are_not_delivered_and_the_receipt_says_which_they_are()
    {
        var setup = (await StartReceiverAsync()).With(("Publishing:ParkAfterAttempts", "1"), ("Sinks:http:BatchEventsMax", "1"));
        _receiver.Answer = request => new DownstreamAnswer(
            request.Text.Contains("never", StringComparison.Ordinal) ? 422
            : request.Text.Contains("later", StringComparison.Ordinal) ? 499 : 204);
        using var node = await IngestProcess.StartReadyAsync(setup);

        var never = await PostAsync(setup, "50s", "\"never\"");
        Assert.False(never.Delivered);
        Assert.Equal(1, (await LaneAsync(never)).GetProperty("deadLettered").GetInt64());

        var later = PostAsync(setup, "50s", "\"later\"");
        // The receiver takes others: so the event is to blame, and parked.
        for (var i = 0; !later.IsCompleted && i < 1000; i++)
        {
            await PostAsync(setup, "20ms");
        }
        Assert.False((await later).Delivered);
        Assert.Equal(1, (await LaneAsync(await later)).GetProperty("parked").GetInt64());
        _receiver.Answer = null;
        await Poll.Until("it is delivered after all", async () => await AskAsync(await later));
    }

    [Fact]
    public async Task A_drain_answers_those_that_wait_at_once_and_nothing_is_lost()
    {
        var setup = await StartReceiverAsync();
        _receiver.Answer = _ => new DownstreamAnswer(503);
        var node = await IngestProcess.StartReadyAsync(setup.With(("Drain:Deadline", "1s")));
        using (node)
        {
            var waiting = Enumerable.Range(0, 30).Select(_ => PostAsync(setup, "1m")).ToList();
            using var admin = new AdminClient(setup);
            await Poll.Until("all are on disk", async () =>
                (await admin.StatusAsync()).GetProperty("log").GetProperty("durable").GetInt64() == waiting.Count);
            node.Terminate();
            Assert.All(await Task.WhenAll(waiting), answer => Assert.False(answer.Delivered));
            await node.ExitAsync();
        }
        _receiver.Answer = null;
        using (await IngestProcess.StartReadyAsync(setup))
        {
            await Poll.Until("all arrive", () => _receiver.Taken.Distinct().Count() == 30);
        }
    }

    [Fact]
    public async Task A_receipt_is_for_those_who_may_send()
    {
        _receiver = await HttpDownstream.StartAsync();
        var keys = _directory["keys.json"];
        await File.WriteAllTextAsync(keys, "{\"keys\":[]}", TestContext.Current.CancellationToken);
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(("Intake:KeysFile", keys));
        using var node = await IngestProcess.StartReadyAsync(setup);
        using var answer = await _http.GetAsync(new Uri(setup.Intake, "/v1/receipts/1-1"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private async Task<IngestSetup> StartReceiverAsync()
    {
        _receiver = await HttpDownstream.StartAsync();
        return new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", _receiver.Url.ToString()), ("Drain:BalancerDelay", "0"), ("Publishing:BackoffMax", "200ms"));
    }

    private async Task<Answer> PostAsync(IngestSetup setup, string most, string body = "1")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(setup.Intake, "/v1/events"))
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Ingest-Ack", "delivered");
        request.Headers.Add("Ingest-Ack-Timeout", most);
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{answer.StatusCode} {text}");
        using var parsed = JsonDocument.Parse(text);
        var place = answer.Headers.Location is { } location ? new Uri(setup.Intake, location) : null;
        var (first, last) = (parsed.RootElement.GetProperty("first").GetInt64(), parsed.RootElement.GetProperty("last").GetInt64());
        place ??= new Uri(setup.Intake, $"/v1/receipts/{first}-{last}");
        return new Answer(parsed.RootElement.GetProperty("delivered").GetBoolean(), place, text);
    }

    private async Task<JsonElement> ReceiptAsync(Answer answer)
    {
        using var receipt = JsonDocument.Parse(await _http.GetStringAsync(answer.Receipt, TestContext.Current.CancellationToken));
        return receipt.RootElement.Clone();
    }

    private async Task<bool> AskAsync(Answer answer) => (await ReceiptAsync(answer)).GetProperty("delivered").GetBoolean();

    private async Task<JsonElement> LaneAsync(Answer answer) => (await ReceiptAsync(answer)).GetProperty("lanes")[0];

    private sealed record Answer(bool Delivered, Uri Receipt, string Body);
}
