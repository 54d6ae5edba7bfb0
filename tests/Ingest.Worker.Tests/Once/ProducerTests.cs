using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Once;

/// <summary>A producer that numbers its events, and a node that is killed under it.</summary>
public sealed class ProducerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task After_kills_in_the_middle_each_event_is_stored_once_and_a_repeat_gets_the_first_answer()
    {
        const int Kills = 3;
        const int Requests = 40;
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["discard"] };
        var answers = new Dictionary<int, string>();
        var next = 0;
        for (var round = 0; round <= Kills; round++)
        {
            using var node = await IngestProcess.StartReadyAsync(setup);
            // What was answered last is answered again as it was; what was under way at the kill is stored now, or was.
            for (var repeat = Math.Max(0, next - 3); repeat < next; repeat++)
            {
                Assert.Equal(answers[repeat], await AcceptedAsync(setup, repeat));
            }
            for (var end = next + Requests; next < end; next++)
            {
                answers[next] = await AcceptedAsync(setup, next);
            }
            var underWay = PostAsync(setup, next);
            await node.KillAsync();
            // Answered or not: what counts is what the next start says.
            await Task.WhenAny(underWay);
        }
        using (await IngestProcess.StartReadyAsync(setup))
        {
            answers[next] = await AcceptedAsync(setup, next);
            using var gap = await PostAsync(setup, next + 2);
            Assert.Equal(HttpStatusCode.Conflict, gap.StatusCode);
            Assert.Equal($"1;{(next + 1) * 2}", gap.Headers.GetValues("Ingest-Expected").Single());
            using var admin = new AdminClient(setup);
            var status = await admin.StatusAsync();
            Assert.Equal(1, status.GetProperty("producers").GetProperty("known").GetInt64());
            Assert.Equal((next + 1) * 2, status.GetProperty("streams")[0].GetProperty("accepted").GetInt64());
            Assert.Equal(answers.Count, answers.Values.Distinct().Count());
            var repeats = status.GetProperty("producers").GetProperty("repeats").GetInt64();
            Assert.Equal(answers[next], await AcceptedAsync(setup, next));
            var metrics = await admin.MetricsAsync();
            Assert.Contains($"\ningest_producers_repeats_total {repeats + 1}\n", metrics, StringComparison.Ordinal);
            Assert.Contains("\ningest_producers_known 1\n", metrics, StringComparison.Ordinal);
            Assert.Contains("\ningest_producers_dropped_total 0\n", metrics, StringComparison.Ordinal);
        }
    }

    private async Task<string> AcceptedAsync(IngestSetup setup, int request)
    {
        using var answer = await PostAsync(setup, request);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{answer.StatusCode} {text}");
        return text;
    }

    private Task<HttpResponseMessage> PostAsync(IngestSetup setup, int request)
    {
        var body = Encoding.UTF8.GetBytes($"[{request * 2},{(request * 2) + 1}]");
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(setup.Intake, "/v1/events"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        message.Headers.Add("Ingest-Producer", $"meter-7;1;{request * 2}");
        return _http.SendAsync(message, TestContext.Current.CancellationToken);
    }
}
