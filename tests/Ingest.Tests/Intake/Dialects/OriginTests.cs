using System.Text;
using Ingest.Testing;
using Ingest.Tests.Hosting;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Browsers: pages of listed origins may send, and no others, whatever the form of their request.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1:8080")]
    public async Task A_page_that_is_not_listed_stores_nothing(string origin)
    {
        await using var node = await NodeHost.StartAsync("Dialects:segment:Enabled=true", "Intake:Origins=https://shop.example");
        foreach (var path in new[] { "/v1/events", "/v1/streams/a/events", "/v1/t" })
        {
            using var answer = await SendAsync(node, HttpMethod.Post, path, origin);
            Assert.Equal(403, (int)answer.StatusCode);
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
            using var preflight = await SendAsync(node, HttpMethod.Options, path, origin);
            Assert.Equal(403, (int)preflight.StatusCode);
        }
    }

    [Fact]
    public async Task A_listed_origin_is_answered_exactly_with_credentials_and_its_preflight_is_let_pass()
    {
        await using var node = await NodeHost.StartAsync("Dialects:segment:Enabled=true", "Intake:Origins=https://shop.example");
        foreach (var (path, status) in new[] { ("/v1/events", 202), ("/v1/t", 200) })
        {
            using var preflight = await SendAsync(node, HttpMethod.Options, path, "https://shop.example");
            Assert.Equal(204, (int)preflight.StatusCode);
            var allowed = preflight.Headers.GetValues("Access-Control-Allow-Headers").Single();
            Assert.Equal("anonymousid,ce-id,x-retry-count", allowed);
            using var answer = await SendAsync(node, HttpMethod.Post, path, "https://shop.example");
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal("https://shop.example", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Equal("true", answer.Headers.GetValues("Access-Control-Allow-Credentials").Single());
        }
    }

    [Theory]
    [InlineData("Origin: http://caf\u00e9.example\r\nAccess-Control-Request-Method: POST\r\n", 403)]
    [InlineData("Origin: http://a.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: caf\u00e9\r\n", 204)]
    public async Task What_is_no_ASCII_is_not_sent_back_in_a_header(string headers, int status)
    {
        await using var node = await NodeHost.StartAsync("Intake:Origins=*");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        using var wire = await RawConnection.ConnectAsync(node.Intake.Port, patience.Token);
        var request = Encoding.Latin1.GetBytes($"OPTIONS /v1/events HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        var answer = await wire.ExchangeAsync(request, patience.Token);
        Assert.Equal((status, null), (answer.Status, answer.Header("Access-Control-Allow-Headers")));
    }

    [Fact]
    public async Task Without_a_list_every_page_is_refused_and_programs_are_not()
    {
        await using var node = await NodeHost.StartAsync();
        using var page = await SendAsync(node, HttpMethod.Post, "/v1/events", "https://shop.example");
        using var program = await SendAsync(node, HttpMethod.Post, "/v1/events", origin: null);
        Assert.Equal((403, 202), ((int)page.StatusCode, (int)program.StatusCode));
    }

    private static Task<HttpResponseMessage> SendAsync(NodeHost node, HttpMethod method, string path, string? origin)
    {
        var request = new HttpRequestMessage(method, new Uri(node.Intake, path)) { Content = new StringContent("{\"a\":1}") };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers", "anonymousid,ce-id,x-retry-count");
        }
        return node.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
