using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Headers and credentials of an operator's choice, against a real server.</summary>
public sealed class OwnHeaderTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task Headers_of_the_settings_and_of_the_file_are_sent_and_the_files_count()
    {
        await using var server = await HttpDownstream.StartAsync();
        await System.IO.File.WriteAllTextAsync(
            _sinks["headers"], "# secrets\n\nX-Api-Key:  s3cret=: \r\nX-Both: file\nContent-Language: de\n", Cancel);
        await using var sink = await _sinks.OpenAsync(
            server, ("Headers:X-Tenant", "a, b"), ("Headers:x-both", "settings"), ("Headers:User-Agent", "ours"),
            ("Headers:X-Empty", ""), ("HeadersFile", _sinks["headers"]));
        using var batch = TestEvents.Numbered(1, 3);

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var headers = Assert.Single(server.Requests).Headers;
        Assert.Equal(("a, b", "file", "ours", ""), (headers["X-Tenant"], headers["X-Both"], headers["User-Agent"], headers["X-Empty"]));
        Assert.Equal(("s3cret=:", "de"), (headers["X-Api-Key"], headers["Content-Language"]));
        Assert.Equal("application/x-ndjson", headers["Content-Type"]);
    }

    [Fact]
    public async Task A_file_of_headers_is_read_anew_after_a_401_and_a_wrong_one_changes_nothing()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Headers.GetValueOrDefault("X-Api-Key") == "new" ? 204 : 401);
        await System.IO.File.WriteAllTextAsync(_sinks["headers"], "X-Api-Key: old", Cancel);
        await using var sink = await _sinks.OpenAsync(server, ("HeadersFile", _sinks["headers"]));
        using var batch = TestEvents.Numbered(1, 1);
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await sink.SendAsync(batch, Cancel));
        await System.IO.File.WriteAllTextAsync(_sinks["headers"], "X-Api-Key: n\u00e4h", Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await sink.SendAsync(batch, Cancel));
        Assert.All(server.Requests, request => Assert.Equal("old", request.Headers["X-Api-Key"]));
        await System.IO.File.WriteAllTextAsync(_sinks["headers"], "X-Api-Key: new", Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Theory]
    [InlineData("BasicUser=us\u00e9r;BasicPasswordFile=FILE", "p\u00e4ss: word", "Basic dXPDqXI6cMOkc3M6IHdvcmQ=")]
    [InlineData("AuthorizationScheme=Splunk;AuthorizationFile=FILE", "11111111-2222", "Splunk 11111111-2222")]
    [InlineData("AuthorizationScheme=ApiKey;AuthorizationFile=FILE", "aWQ6a2V5", "ApiKey aWQ6a2V5")]
    [InlineData("BearerFile=FILE", "token", "Bearer token")]
    public async Task Each_way_of_authorization_reads_its_file_anew_after_a_401(string settings, string secret, string expected)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Headers.GetValueOrDefault("Authorization") == expected ? 204 : 401);
        await System.IO.File.WriteAllTextAsync(_sinks["secret"], "old", Cancel);
        await using var sink = await _sinks.OpenAsync(server, [.. settings.Split(';').Select(setting => setting.Split('='))
            .Select(pair => (pair[0], pair[1].Replace("FILE", _sinks["secret"], StringComparison.Ordinal)))]);
        using var batch = TestEvents.Numbered(1, 1);
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await sink.SendAsync(batch, Cancel));
        await System.IO.File.WriteAllTextAsync(_sinks["secret"], secret + "\n", Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Theory]
    [InlineData("no colon", "line 1 of")]
    [InlineData("X-A: 1\nX-B: a\u0001b", "line 2 of")]
    [InlineData("X-A: 1\nx-a: 2", "says x-a again")]
    [InlineData("Authorization: Bearer x", "BearerFile")]
    [InlineData("Content-Type: text/plain", "set by the sink itself")]
    [InlineData("Bad Name: x", "no header's name")]
    public async Task A_wrong_file_of_headers_blocks_the_lane_and_names_the_line_without_the_value(string content, string problem)
    {
        await System.IO.File.WriteAllTextAsync(_sinks["headers"], content, Cancel);
        await using var sink = _sinks.Create(null, ("Url", "http://127.0.0.1:1/"), ("HeadersFile", _sinks["headers"]));
        var verdict = await sink.OpenAsync(Cancel);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains(problem, verdict.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer x", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Headers:Content-Type", "text/plain", "is set by the sink itself")]
    [InlineData("Headers:idempotency-key", "x", "is set by the sink itself")]
    [InlineData("Headers:Ingest-Signature", "x", "is set by the sink itself")]
    [InlineData("Headers:Host", "other", "is set by the sink itself")]
    [InlineData("Headers:Transfer-Encoding", "chunked", "is set by the sink itself")]
    [InlineData("Headers:authorization", "Bearer x", "is set with BearerFile")]
    [InlineData("Headers:X-A", "a\r\nX-B: b", "line break")]
    [InlineData("Headers:X-A", "a\nb", "line break")]
    [InlineData("Headers:X-A", "\u00e4", "ASCII")]
    [InlineData("Headers:X A", "a", "no header's name")]
    [InlineData("BasicUser", "a", "belong together")]
    [InlineData("AuthorizationScheme", "Splunk", "belong together")]
    public void Headers_that_cannot_be_sent_are_refused_at_the_start(string key, string value, string problem)
    {
        var wrong = Assert.Throws<InvalidOperationException>(() => _sinks.Create(null, ("Url", "http://example.com/"), (key, value)));
        Assert.Contains(problem, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer x", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BasicUser=a:b;BasicPasswordFile=f", "no colon")]
    [InlineData("AuthorizationScheme=Two words;AuthorizationFile=f", "one word")]
    [InlineData("BearerFile=f;AuthorizationScheme=ApiKey;AuthorizationFile=f", "one of them")]
    public void Ways_of_authorization_that_contradict_each_other_are_refused_at_the_start(string settings, string problem)
    {
        (string Key, string Value)[] all = [("Url", "http://example.com/"),
            .. settings.Split(';').Select(setting => setting.Split('=')).Select(pair => (pair[0], pair[1]))];
        var wrong = Assert.Throws<InvalidOperationException>(() => _sinks.Create(null, all));
        Assert.Contains(problem, wrong.Message, StringComparison.Ordinal);
    }
}
