using Ingest.Tests.Intake;

namespace Ingest.Tests.Hosting;

/// <summary>What is in request headers is refused where it is used and wrong, with a code, and nowhere else.</summary>
public sealed class RequestHeaderTests(RequestHeaderTests.Shared shared) : IClassFixture<RequestHeaderTests.Shared>
{
    private const string Event = "Content-Length: 2\r\n\r\n{}";

    [Theory]
    [InlineData("X-Not-Used: caf\u00e9\r\n", "202", "")]
    [InlineData("Cookie: \u00ff\u00fe\r\n", "202", "")]
    [InlineData("traceparent: \u00e9\r\n", "202", "")]
    [InlineData("X-Request-Id: \u00e9\r\n", "202", "")]
    [InlineData("ce-unused: \u00e9\r\n", "202", "")]
    [InlineData("Ingest-Key: caf\u00e9\r\n", "400", "bad_request")]
    [InlineData("Ingest-Key: caf\u00c3\u00a9\r\n", "202", "")]
    [InlineData("Ingest-Key: a\u0001b\r\n", "400", "bad_request")]
    [InlineData("Ingest-Key: a\u007fb\r\n", "400", "bad_request")]
    [InlineData("Ingest-Key: a\tb\r\n", "400", "bad_request")]
    [InlineData("Ingest-Key: a\u00c2\u0085b\r\n", "400", "bad_request")]
    [InlineData("Idempotency-Key: caf\u00e9\r\n", "400", "bad_request")]
    [InlineData("Content-Type: text/plain; x=\u00e9\r\n", "400", "bad_request")]
    [InlineData("ce-id: \u00e9\r\nce-specversion: 1.0\r\nce-source: /s\r\nce-type: t\r\n", "400", "invalid_cloudevent")]
    [InlineData("Ingest-Key: a\r\nIngest-Key: b\r\n", "400", "bad_request")]
    [InlineData("Ingest-Key: a\r\nIngest-Key: a\r\n", "400", "bad_request")]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "400", "bad_request")]
    [InlineData("Content-Type: application/json\r\nContent-Type: application/json\r\n", "400", "bad_request")]
    [InlineData("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", "400", "bad_request")]
    [InlineData("X-Api-Key: a\r\nX-Api-Key: b\r\n", "400", "bad_request")]
    [InlineData("ce-id: 1\r\nce-id: 2\r\nce-specversion: 1.0\r\nce-source: /s\r\nce-type: t\r\n", "400", "invalid_cloudevent")]
    [InlineData("Expect: banana\r\n", "417", "expectation_failed")]
    [InlineData("Expect: 100-continue, banana\r\n", "417", "expectation_failed")]
    [InlineData("Expect: 100-Continue\r\n", "202", "")]
    [InlineData("Content-Type: application/json; charset=utf8\r\n", "202", "")]
    [InlineData("Content-Type: application/json; charset=\r\n", "202", "")]
    [InlineData("Content-Type: application/json;charset=\"\"\r\n", "202", "")]
    [InlineData("Content-Type: application/json;\r\n", "202", "")]
    [InlineData("Content-Type: application/x-ndjson; charset=UTF8\r\n", "202", "")]
    [InlineData("Content-Type: application/json; charset=latin1\r\n", "415", "unsupported_media_type")]
    public async Task A_header_is_refused_with_a_code_where_it_is_used_and_wrong(string headers, string status, string code)
    {
        var node = shared.Node;
        var answer = await AskAsync(node, $"POST /v1/events HTTP/1.1\r\nHost: x\r\n{headers}{Event}");
        Assert.Contains($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        if (code.Length > 0)
        {
            Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
            Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("+2")]
    [InlineData("-2")]
    [InlineData("0x2")]
    [InlineData("2,2")]
    [InlineData("2 2")]
    [InlineData("18446744073709551618")]
    [InlineData("184467440737095516180")]
    [InlineData("2222222222222222222222222222222222222222222222222222222222222222")]
    [InlineData("\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9")]
    public async Task A_length_that_is_not_digits_alone_is_refused(string length)
    {
        var node = shared.Node;
        var answer = await AskAsync(node, $"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{{}}");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Not-Used")]
    [InlineData("Ingest-Key")]
    public async Task A_NUL_in_a_header_refuses_the_request(string header)
    {
        var answer = await AskAsync(
            shared.Node, $"POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}: a\0b\r\n{Event}");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_in_absolute_form_names_its_host_itself()
    {
        await using var node = await NodeHost.StartAsync("Intake:Hosts=events.example");
        foreach (var (target, host, status) in new[]
        {
            ("http://events.example/v1/events", "other", 202),
            ("http://other/v1/events", "events.example", 400),
            ("/v1/events", "events.example", 202),
            ("/v1/events", "other", 400),
        })
        {
            var answer = await AskAsync(node, $"POST {target} HTTP/1.1\r\nHost: {host}\r\n{Event}");
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        }
    }

    /// <summary>One node for all cases.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        internal NodeHost Node { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Node = await NodeHost.StartAsync();

        public ValueTask DisposeAsync() => Node.DisposeAsync();
    }

    private static async Task<string> AskAsync(NodeHost node, string request)
    {
        using var raw = await RawText.OpenAsync(node.Intake);
        await raw.SendAsync(request);
        return await raw.ReadAsync(text =>
            text.Contains("\"accepted\"", StringComparison.Ordinal) || text.Contains("\"code\"", StringComparison.Ordinal));
    }
}
