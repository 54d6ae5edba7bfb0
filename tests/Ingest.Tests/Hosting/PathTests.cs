using System.Text;

namespace Ingest.Tests.Hosting;

/// <summary>The path that is served without the router is the same path in each spelling that the router knows.</summary>
public sealed class PathTests
{
    [Fact]
    public async Task Events_are_taken_under_each_spelling_of_their_path_and_under_no_other_path()
    {
        await using var node = await NodeHost.StartAsync();
        foreach (var (path, post, put) in new[]
        {
            ("/v1/events", 202, 405),
            ("/v1/events?by=query", 202, 405),
            ("/v1/%65vents", 202, 405),
            ("/V1/Events", 202, 405),
            ("/v1/events/", 202, 405),
            ("/v1/streams/default/events", 202, 405),
            ("/v1/events/more", 404, 404),
            ("/v1/eventsmore", 404, 404),
        })
        {
            Assert.Equal((path, post), (path, await SendAsync(node, HttpMethod.Post, path)));
            Assert.Equal((path, put), (path, await SendAsync(node, HttpMethod.Put, path)));
        }
    }

    private static async Task<int> SendAsync(NodeHost node, HttpMethod method, string path)
    {
        using var body = new StringContent("{}", Encoding.ASCII, "application/json");
        using var request = new HttpRequestMessage(method, new Uri(node.Intake + path[1..])) { Content = body };
        using var answer = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }
}
