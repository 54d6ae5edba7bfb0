using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>The node is killed and its disk destroyed: what was answered with <c>"delivered":true</c> is at the receiver.</summary>
public sealed class DestroyedNodeTests(ITestOutputHelper output)
{
    private const int Connections = 8;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Every_event_that_was_answered_as_delivered_is_at_the_receiver_when_node_and_disk_are_gone()
    {
        var random = new Random(TestSeed.Read(output.WriteLine));
        var (rounds, delivered) = (Scale.DestroyedRounds, 0);
        for (var round = 0; round < rounds; round++)
        {
            delivered += await RoundAsync(random.Next(5, 120), round);
        }
        output.WriteLine($"{rounds} nodes destroyed with their disks; {delivered} events answered delivered:true, all at the receiver.");
        Assert.True(delivered > rounds);
    }

    // How many events were answered as delivered.
    private static async Task<int> RoundAsync(int answersMin, int round)
    {
        using var directory = new TemporaryDirectory();
        await using var receiver = await HttpDownstream.StartAsync();
        // A receiver in trouble now and then: what it did not take must not be called delivered.
        var asked = 0;
        var taken = new ConcurrentBag<string>();
        receiver.Answer = request =>
        {
            if (Interlocked.Increment(ref asked) % 5 == 0)
            {
                return new DownstreamAnswer(503);
            }
            taken.Add(request.Text);
            return new DownstreamAnswer(204);
        };
        var setup = new IngestSetup { Data = directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", receiver.Url.ToString()), ("Publishing:BackoffMin", "1ms"), ("Publishing:BackoffMax", "20ms"));
        var answered = new ConcurrentBag<string>();
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            using var stop = new CancellationTokenSource();
            var senders = Enumerable.Range(0, Connections)
                .Select(sender => SendAsync(setup, $"{round}-{sender}", answered, stop.Token)).ToList();
            await Poll.Until("some are answered", () => answered.Count >= answersMin);
            await node.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(senders);
        }
        Directory.Delete(setup.Data, recursive: true);
        var all = string.Join('\n', taken);
        Assert.All(answered, payload => Assert.Contains(payload, all, StringComparison.Ordinal));
        return answered.Count;
    }

    private static async Task SendAsync(IngestSetup setup, string sender, ConcurrentBag<string> answered, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var payload = $"\"{sender}-{i}-\"";
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(setup.Intake, "/v1/events"))
            {
                Content = new StringContent(payload, Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Ingest-Ack", "delivered");
            try
            {
                using var answer = await Http.SendAsync(request, stop);
                using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
                if (body.RootElement.GetProperty("delivered").GetBoolean())
                {
                    answered.Add(payload);
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                return;
            }
        }
    }
}
