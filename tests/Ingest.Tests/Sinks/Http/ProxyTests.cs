using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Requests through a real proxy to a real server.</summary>
public sealed class ProxyTests : IDisposable
{
    private const string Right = "Basic dXM6cmlnaHQ=";

    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task The_proxy_is_given_the_whole_URL_and_the_password_at_once()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var proxy = new TestProxy { Asks = Right };
        await using var sink = await OpenAsync(server, proxy, "right");
        using var batch = TestEvents.Numbered(1, 3);

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        Assert.Equal([1L, 2, 3], server.Taken);
        Assert.StartsWith($"POST {server.Url}in HTTP/1.1\r\n", Assert.Single(proxy.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_not_taken_blocks_and_is_read_anew()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var proxy = new TestProxy { Asks = Right };
        await using var sink = await OpenAsync(server, proxy, "wrong");
        using var batch = TestEvents.Numbered(1, 3);
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await sink.SendAsync(batch, Cancel));
        Assert.Empty(server.Requests);
        await System.IO.File.WriteAllTextAsync(_sinks["password"], "right", Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        Assert.Equal([1L, 2, 3], server.Taken);
    }

    [Fact]
    public async Task Over_TLS_there_is_a_tunnel_and_the_other_side_sees_no_password()
    {
        using var authority = TestCertificates.Authority("authority");
        using var certificate = TestCertificates.Issue(authority, "localhost", forClient: false);
        await System.IO.File.WriteAllTextAsync(_sinks["trust.pem"], authority.ExportCertificatePem(), Cancel);
        await using var server = await HttpDownstream.StartAsync(certificate);
        await using var proxy = new TestProxy { Asks = Right };
        await using var sink = await OpenAsync(server, proxy, "wrong", ("TrustPath", _sinks["trust.pem"]));
        using var batch = TestEvents.Numbered(1, 3);
        var refused = await sink.SendAsync(batch, Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Blocked, refused);
        Assert.Equal(VerdictScope.Sink, refused[0].Scope);
        await System.IO.File.WriteAllTextAsync(_sinks["password"], "right", Cancel);

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        Assert.Equal([1L, 2, 3], server.Taken);
        Assert.All(proxy.Heads, head => Assert.StartsWith($"CONNECT localhost:{server.Url.Port} ", head, StringComparison.Ordinal));
        Assert.DoesNotContain("Proxy-Authorization", server.Requests[0].Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("403 No", VerdictKind.Blocked)]
    [InlineData("502 Away", VerdictKind.Retryable)]
    [InlineData("504 Slow", VerdictKind.Retryable)]
    [InlineData("429 Later", VerdictKind.Retryable)]
    public async Task A_tunnel_that_is_not_opened_is_a_verdict(string status, VerdictKind kind)
    {
        using var certificate = TestCertificates.Authority("localhost");
        await using var server = await HttpDownstream.StartAsync(certificate);
        await using var proxy = new TestProxy { TunnelStatus = status };
        await using var sink = await OpenAsync(server, proxy, null);
        using var batch = TestEvents.Numbered(1, 3);
        HttpSinkFixture.AllAre(kind, await sink.SendAsync(batch, Cancel));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Without_the_setting_no_proxy_of_the_environment_is_used()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var proxy = new TestProxy();
        var before = Environment.GetEnvironmentVariable("ALL_PROXY");
        Environment.SetEnvironmentVariable("ALL_PROXY", proxy.Url);
        try
        {
            await using var sink = await _sinks.OpenAsync(server);
            using var batch = TestEvents.Numbered(1, 1);
            HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
            Assert.Empty(proxy.Heads);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ALL_PROXY", before);
        }
    }

    [Theory]
    [InlineData("Proxy=proxy:3128", "http://HOST:PORT")]
    [InlineData("Proxy=http://u:p@proxy:3128", "http://HOST:PORT")]
    [InlineData("Proxy=http://proxy:3128/path", "http://HOST:PORT")]
    [InlineData("Proxy=socks5://proxy:3128", "http://HOST:PORT")]
    [InlineData("Proxy=http://proxy:3128;ProxyUser=u", "belong together")]
    [InlineData("ProxyUser=u;ProxyPasswordFile=f", "belong together")]
    [InlineData("Proxy=http://proxy:3128;ProxyUser=a:b;ProxyPasswordFile=f", "no colon")]
    public void Wrong_settings_are_refused_at_the_start(string settings, string problem)
    {
        (string Key, string Value)[] all = [("Url", "http://example.com/"),
            .. settings.Split(';').Select(setting => setting.Split('=')).Select(pair => (pair[0], pair[1]))];
        var wrong = Assert.Throws<InvalidOperationException>(() => _sinks.Create(null, all));
        Assert.Contains(problem, wrong.Message, StringComparison.Ordinal);
    }

    private async Task<ISink> OpenAsync(
        HttpDownstream server, TestProxy proxy, string? password, params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] user = [];
        if (password is not null)
        {
            await System.IO.File.WriteAllTextAsync(_sinks["password"], password, Cancel);
            user = [("ProxyUser", "us"), ("ProxyPasswordFile", _sinks["password"])];
        }
        return await _sinks.OpenAsync(server, [("Proxy", proxy.Url), .. user, .. settings]);
    }
}
