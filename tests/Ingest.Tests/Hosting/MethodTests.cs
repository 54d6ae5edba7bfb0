using System.Net;
using System.Text.Json;
using Ingest.Health;
using Ingest.Hosting;
using Ingest.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.Tests.Hosting;

/// <summary>What is only read says so, on both listeners.</summary>
public sealed class MethodTests
{
    [Fact]
    public async Task Another_method_on_a_path_that_is_only_read_is_405_with_what_is_allowed()
    {
        await using var node = await NodeHost.StartAsync();
        foreach (var listener in new[] { node.Intake, node.Admin })
        {
            foreach (var path in new[] { "/health", "/health/live", "/health/ready", "/healthz", "/openapi.json" })
            {
                var isDocument = path == "/openapi.json";
                HttpMethod[] methods = [HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete];
                foreach (var method in isDocument && listener == node.Intake ? [.. methods, HttpMethod.Options] : methods)
                {
                    using var request = new HttpRequestMessage(method, new Uri(listener, path));
                    using var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);

                    Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
                    Assert.Equal(isDocument ? ["GET", "HEAD"] : ["GET", "HEAD", "OPTIONS"], answer.Content.Headers.Allow);
                    Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
                    using var problem = JsonDocument.Parse(
                        await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
                    Assert.Equal("method_not_allowed", problem.RootElement.GetProperty("code").GetString());
                }
            }
        }
    }

    [Fact]
    public async Task Health_answers_OPTIONS_with_the_status_of_GET_on_both_listeners()
    {
        await using var node = await NodeHost.StartAsync();
        await OnAllPathsAsync(node, HttpStatusCode.OK, HttpStatusCode.OK);
        using var check = await Tests.Intake.RawText.OpenAsync(node.Intake);
        await check.SendAsync("OPTIONS / HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await check.ReadAsync(_ => false), StringComparison.Ordinal);

        node.Services.GetRequiredService<IngestNode>().Gate.Close(RefusalCode.PolicyRefused, "Off.");
        await Poll.Until("not ready", async () => await StatusAsync(node, HttpMethod.Get, node.Intake, "/health/ready") == 503);
        await OnAllPathsAsync(node, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Health_has_one_answer_however_its_path_is_written()
    {
        await using var node = await NodeHost.StartAsync();
        foreach (var path in new[] { "/health/live", "/health/ready", "/healthz" })
        {
            // As balancers write it, which is answered before the router; then in ways that only the router takes.
            var answers = new List<string>();
            foreach (var written in new[] { path, path.ToUpperInvariant(), $"{path}/", $"{path}?by=balancer" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Admin, written));
                using var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
                var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                var headers = answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Date")
                    .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order(StringComparer.Ordinal);
                answers.Add($"{answer.StatusCode} {string.Join("; ", headers)} {body}");
            }
            Assert.Single(answers.Distinct());
        }
    }

    private static async Task OnAllPathsAsync(NodeHost node, HttpStatusCode live, HttpStatusCode ready)
    {
        foreach (var listener in new[] { node.Intake, node.Admin })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Options })
            {
                Assert.Equal((int)live, await StatusAsync(node, method, listener, "/health/live"));
                Assert.Equal((int)ready, await StatusAsync(node, method, listener, "/health/ready"));
                Assert.Equal((int)ready, await StatusAsync(node, method, listener, "/healthz"));
                Assert.Equal((int)ready, await StatusAsync(node, method, listener, "/health"));
            }
        }
    }

    private static async Task<int> StatusAsync(NodeHost node, HttpMethod method, Uri listener, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(listener, path));
        using var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }
}
