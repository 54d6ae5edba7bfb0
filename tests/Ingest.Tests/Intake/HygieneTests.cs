using System.Net;
using System.Text;
using Ingest.Testing;

namespace Ingest.Tests.Intake;

/// <summary>What was sent, and the keys it was sent with, are in no log and in no answer.</summary>
public sealed class HygieneTests
{
    private const string Secret = "s3cr3t-abcdef";

    [Fact]
    public async Task Neither_payloads_nor_keys_are_logged_or_answered()
    {
        using var logs = new CollectedLogs();
        using var directory = new TemporaryDirectory();
        var keys = directory["keys.json"];
        await File.WriteAllTextAsync(keys, """{"keys":[]}""", TestContext.Current.CancellationToken);
        await using var closed = await IntakeServer.StartAsync(options => options.KeysFile = keys, logs: logs);
        await using var open = await IntakeServer.StartAsync(options => options.EventBytesMax = 1024, logs: logs);
        (string, string)[] shown =
        [
            ("Ingest-Key", Secret), ("Idempotency-Key", Secret), ("X-Api-Key", Secret), ("Authorization", "Bearer " + Secret),
            ("ce-id", Secret), ("ce-specversion", "9.9"), ("traceparent", Secret), ("Content-Encoding", Secret),
        ];
        string[] bodies =
        [
            Secret, "{\"" + Secret, "\"" + Secret + "\" x", "[\"" + Secret + "\",]", new string('x', 2000) + Secret, "\"" + Secret + "\"",
        ];
        foreach (var body in bodies)
        {
            foreach (var type in new[] { "application/json", "application/x-ndjson", "application/cloudevents+json", "text/plain" })
            {
                await CheckAsync(open.PostAsync("/v1/events", type, body));
                await CheckAsync(closed.PostAsync("/v1/events", type, Encoding.UTF8.GetBytes(body), ("X-Api-Key", Secret)));
            }
            foreach (var header in shown)
            {
                await CheckAsync(open.PostAsync("/v1/events", null, Encoding.UTF8.GetBytes(body), header));
            }
        }
        await CheckAsync(open.PostAsync("/v1/streams/" + Secret + "%20/events", null, "1"));

        // Everything of ours, and of the framework what is on in deployments; a path is in its log, and is neither payload nor key.
        Assert.DoesNotContain(logs.Lines, line => line.Contains(Secret, StringComparison.Ordinal)
            && (line.Contains(" Ingest.", StringComparison.Ordinal) || (line[0] is not ('T' or 'D')))
            && !line.Contains("/v1/streams/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refusals_are_neither_cached_nor_guessed_at_and_no_answer_names_the_server()
    {
        await using var server = await IntakeServer.StartAsync();
        var refused = await server.PostAsync("/v1/events", null, "{");
        Assert.True(refused.Headers.CacheControl?.NoStore);
        Assert.Equal("nosniff", refused.Headers.GetValues("X-Content-Type-Options").Single());
        var accepted = await server.PostAsync("/v1/events", null, "1");
        Assert.All([refused, accepted], response => Assert.False(response.Headers.Contains("Server")));
    }

    private static async Task CheckAsync(Task<HttpResponseMessage> request)
    {
        var response = await request;
        Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Secret, answer, StringComparison.Ordinal);
    }
}
