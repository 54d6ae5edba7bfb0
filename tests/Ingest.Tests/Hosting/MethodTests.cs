using System.Net;
using System.Text.Json;

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
                foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Options })
                {
                    using var request = new HttpRequestMessage(method, new Uri(listener, path));
                    using var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);

                    Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
                    Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
                    Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
                    using var problem = JsonDocument.Parse(
                        await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
                    Assert.Equal("method_not_allowed", problem.RootElement.GetProperty("code").GetString());
                }
            }
        }
    }
}
