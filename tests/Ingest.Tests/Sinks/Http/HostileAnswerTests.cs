using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Answers no server should give. Whatever they are, the status decides; without one, nothing is decided.</summary>
public sealed class HostileAnswerTests : IDisposable
{
    private const string Refused = "HTTP/1.1 400 Bad Request\r\n";

    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    // A refusal that is taken for a failure is sent again for ever, and everything behind it waits.
    [Theory]
    [InlineData("Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"error\":\"gr\u00f6\u00dfe\"}", "HTTP 400")]
    [InlineData("Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"detail\":\"a\\ud800b\"}", "HTTP 400")]
    [InlineData("Content-Type: application/json\r\nContent-Length: 8\r\n\r\n\"\\udc00\"", "HTTP 400")]
    [InlineData("Content-Type: text/plain\r\nContent-Length: 100\r\n\r\nno total", "HTTP 400: no total")]
    [InlineData("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nno total\r\nzz\r\n", "HTTP 400")]
    [InlineData("Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\u0008\u0000", "HTTP 400")]
    [InlineData("Content-Type: ;;;\r\nContent-Length: 3\r\n\r\nabc", "HTTP 400")]
    [InlineData("Content-Type: text/plain\r\n\r\n\u001b[2Jcolour\u0007\r\n", "HTTP 400: [2Jcolour")]
    public async Task A_refusal_stays_one_whatever_its_body(string rest, string reason)
    {
        await using var server = CannedDownstream.Start(Refused + rest);
        Assert.Equal(new SinkVerdict(VerdictKind.Rejected, reason), await SendAsync(server));
    }

    [Theory]
    [InlineData("Content-Type: text/plain\r\nContent-Length: 100\r\n\r\nno total")]
    [InlineData("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nno total\r\n")]
    public async Task A_refusal_whose_body_never_ends_stays_one(string rest)
    {
        await using var server = CannedDownstream.Start(Refused + rest, staysOpen: true);
        Assert.Equal(new SinkVerdict(VerdictKind.Rejected, "HTTP 400: no total"), await SendAsync(server));
    }

    [Fact]
    public async Task A_reason_is_cut_at_a_whole_character()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(400, new string('x', 299) + "\U0001F600 and more") { ContentType = "text/plain" };
        Assert.Equal($"HTTP 400: {new string('x', 299)}…", (await SendAsync(server.Url)).Reason);
    }

    [Fact]
    public async Task A_redirect_is_told_without_secrets_and_without_end()
    {
        var place = $"https://user:secret@other.example/{new string('a', 4000)}?token=secret";
        await using var server = CannedDownstream.Start($"HTTP/1.1 307 Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
        var verdict = await SendAsync(server);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("https://other.example/aaa", verdict.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", verdict.Reason, StringComparison.Ordinal);
        Assert.InRange(verdict.Reason.Length, 300, 400);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 200")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nno colon\r\n\r\n")]
    public async Task What_is_no_answer_delivers_nothing(string answer)
    {
        await using var server = CannedDownstream.Start(answer);
        Assert.Equal(VerdictKind.Retryable, (await SendAsync(server)).Kind);
    }

    [Fact]
    public async Task Headers_without_end_deliver_nothing()
    {
        var headers = string.Concat(Enumerable.Repeat("X-More: more\r\n", 10_000));
        await using var server = CannedDownstream.Start("HTTP/1.1 200 OK\r\n" + headers);
        Assert.Equal(VerdictKind.Retryable, (await SendAsync(server)).Kind);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nall of it")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nnot all of it")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    public async Task A_2xx_delivers_whatever_follows(string answer)
    {
        await using var server = CannedDownstream.Start(answer);
        Assert.Equal(VerdictKind.Delivered, (await SendAsync(server)).Kind);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task A_token_that_cannot_be_sent_is_the_settings_fault()
    {
        await System.IO.File.WriteAllTextAsync(_sinks["token"], "schlüssel\n", Cancel);
        await using var sink = _sinks.Create(null, ("Url", "http://127.0.0.1:1/"), ("BearerFile", _sinks["token"]));
        var verdict = await sink.OpenAsync(Cancel);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.DoesNotContain("schl", verdict.Reason, StringComparison.Ordinal);
    }

    private Task<SinkVerdict> SendAsync(CannedDownstream server) => SendAsync(server.Url);

    private async Task<SinkVerdict> SendAsync(Uri url)
    {
        await using var sink = await _sinks.OpenAsync(null, ("Url", url.ToString()), ("RequestTimeout", "00:01:00"));
        using var batch = TestEvents.Numbered(1, 1);
        return (await sink.SendAsync(batch, Cancel))[0];
    }
}
