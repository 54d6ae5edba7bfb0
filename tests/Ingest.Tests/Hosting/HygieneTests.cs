using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ingest.Tests.Intake;

namespace Ingest.Tests.Hosting;

/// <summary>What a whole node tells about itself and its producers, and whom it listens to.</summary>
public sealed class HygieneTests
{
    private const string Secret = "s3cr3t-abcdef";
    private const string Token = "0123456789abcdef-t0k3n";

    [Theory]
    [InlineData("/v1/events")]
    [InlineData("/v1/streams/.no/events")]
    [InlineData("/nothing")]
    [InlineData("/health")]
    [InlineData("/openapi.json")]
    [InlineData("/status")]
    [InlineData("/metrics")]
    public async Task No_answer_names_the_server_and_none_is_guessed_at_or_cached(string path)
    {
        await using var node = await NodeHost.StartAsync();
        foreach (var address in new[] { node.Intake, node.Admin })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Options })
            {
                using var request = new HttpRequestMessage(method, new Uri(address, path));
                var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
                Assert.False(answer.Headers.Contains("Server") || answer.Headers.Contains("X-Powered-By"), $"{answer}");
                if (!answer.IsSuccessStatusCode && answer.Content.Headers.ContentType is not null)
                {
                    Assert.True(answer.Headers.CacheControl?.NoStore, $"{method} {address}{path}: {answer}");
                    Assert.Equal("application/problem+json", answer.Content.Headers.ContentType.ToString());
                    Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
                }
            }
        }
    }

    [Fact]
    public async Task The_intake_answers_to_its_names_alone_where_it_has_any_and_health_to_all()
    {
        await using var node = await NodeHost.StartAsync("Intake:Hosts=events.example,127.0.0.1");

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(node, "events.example"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(node, "Events.Example:8080"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(node, null));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(node, "other.example"));
        // There is no proxy here: what a client says about where it was called does not count.
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(node, "other.example", ("X-Forwarded-Host", "events.example")));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(node, "other.example", ("Forwarded", "host=events.example;for=127.0.0.1")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node, node.Intake, "/health/ready", "other.example"));
    }

    [Fact]
    public async Task The_admin_listener_answers_to_addresses_and_its_names_and_to_no_foreign_page()
    {
        await using var node = await NodeHost.StartAsync("Admin:Hosts=node-1");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node, node.Admin, "/status", null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node, node.Admin, "/status", "node-1:8081"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node, node.Admin, "/status", "rebound.example"));
        Assert.Equal(
            HttpStatusCode.Forbidden, await StatusAsync(node, node.Admin, "/status", "rebound.example", ("X-Forwarded-Host", "node-1")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node, node.Admin, "/status", null, ("Origin", "https://evil.example")));
    }

    [Fact]
    public async Task Neither_payloads_nor_keys_nor_tokens_are_in_any_log()
    {
        using var logs = new CollectedLogs();
        string[] Settings(string directory)
        {
            var keys = Path.Combine(directory, "keys.json");
            var digest = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Secret)));
            File.WriteAllText(keys, $$"""{"keys":[{"name":"shop","sha256":"{{digest}}"}]}""");
            return [$"Intake:KeysFile={keys}", $"Admin:Token={Token}"];
        }
        await using var node = await NodeHost.StartAsync(Settings, logs);
        foreach (var body in new[] { $"{{\"a\":\"{Secret}\"}}", $"[\"{Secret}\",]", Secret })
        {
            Assert.NotEqual(HttpStatusCode.InternalServerError, await PostAsync(
                node, null, body, ("X-Api-Key", Secret), ("Ingest-Key", Secret), ("Idempotency-Key", Secret + body.Length)));
            await PostAsync(node, null, body, ("Authorization", $"Bearer {Secret}-wrong"));
        }
        await StatusAsync(node, node.Admin, "/status", null, ("Authorization", $"Bearer {Token}"));
        await StatusAsync(node, node.Admin, "/status", null, ("Authorization", $"Bearer {Token}-wrong"));

        Assert.NotEmpty(logs.Lines);
        // The framework's own lines below "information" are off in every deployment, and show headers when they are turned on.
        Assert.DoesNotContain(logs.Lines, line =>
            (line.Contains(Secret, StringComparison.Ordinal) || line.Contains(Token, StringComparison.Ordinal))
            && (line.Contains(" Ingest.", StringComparison.Ordinal) || line[0] is not ('T' or 'D')));
    }

    private static Task<HttpStatusCode> PostAsync(NodeHost node, string? host, params (string, string)[] headers) =>
        PostAsync(node, host, "{}", headers);

    private static Task<HttpStatusCode> PostAsync(NodeHost node, string? host, string body, params (string, string)[] headers)
    {
        var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Intake, "/v1/events")) { Content = content };
        return SendAsync(node, request, host, headers);
    }

    private static Task<HttpStatusCode> StatusAsync(
        NodeHost node, Uri address, string path, string? host, params (string, string)[] headers) =>
        SendAsync(node, new HttpRequestMessage(HttpMethod.Get, new Uri(address, path)), host, headers);

    private static async Task<HttpStatusCode> SendAsync(
        NodeHost node, HttpRequestMessage request, string? host, params (string Name, string Value)[] headers)
    {
        using (request)
        {
            request.Headers.Host = host;
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            using var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }
}
