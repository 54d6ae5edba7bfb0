using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Tokens, signatures and certificates, against a real server that asks for them.</summary>
public sealed class HttpCredentialTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task The_token_is_read_anew_when_it_is_not_taken()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Headers.GetValueOrDefault("Authorization") == "Bearer new" ? 204 : 401);
        await System.IO.File.WriteAllTextAsync(_sinks["token"], "old\n", Cancel);
        await using var sink = await _sinks.OpenAsync(server, ("BearerFile", _sinks["token"]));
        using var batch = TestEvents.Numbered(1, 1);
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await sink.SendAsync(batch, Cancel));

        await System.IO.File.WriteAllTextAsync(_sinks["token"], "new\n", Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        System.IO.File.Delete(_sinks["token"]);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task Without_its_files_the_sink_does_not_open()
    {
        await using var sink = _sinks.Create(null, ("Url", "http://127.0.0.1:1/"), ("BearerFile", _sinks["none"]));
        var verdict = await sink.OpenAsync(Cancel);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("none", verdict.Reason, StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(_sinks["weak"], "short", Cancel);
        await using var weak = _sinks.Create(null, ("Url", "http://127.0.0.1:1/"), ("SigningFile", _sinks["weak"]));
        Assert.Contains("fewer than 16", (await weak.OpenAsync(Cancel)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_secret_signs_time_and_body()
    {
        await using var server = await HttpDownstream.StartAsync();
        string[] secrets = ["0123456789abcdef", "fedcba9876543210"];
        await System.IO.File.WriteAllLinesAsync(_sinks["secrets"], secrets, Cancel);
        await using var sink = await _sinks.OpenAsync(server, ("SigningFile", _sinks["secrets"]));
        using var batch = TestEvents.Numbered(1, 10);
        await sink.SendAsync(batch, Cancel);

        var request = Assert.Single(server.Requests);
        var parts = request.Headers["Ingest-Signature"].Split(',');
        var time = parts[0]["t=".Length..];
        Assert.InRange(
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(time, CultureInfo.InvariantCulture), 0, 300);
        byte[] signed = [.. Encoding.ASCII.GetBytes(time + "."), .. request.Body];
        Assert.Equal(
            secrets.Select(secret => "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))),
            parts[1..]);
    }

    [Fact]
    public async Task Both_sides_show_certificates_and_a_stranger_is_blocked()
    {
        using var authority = Certificate("CN=test authority", issuer: null);
        using var server = Certificate("CN=localhost", authority);
        using var client = Certificate("CN=client", authority);
        await System.IO.File.WriteAllTextAsync(_sinks["trust.pem"], authority.ExportCertificatePem(), Cancel);
        await System.IO.File.WriteAllTextAsync(_sinks["client.pem"], client.ExportCertificatePem(), Cancel);
        await System.IO.File.WriteAllTextAsync(_sinks["key.pem"], client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancel);
        await using var downstream = await HttpDownstream.StartAsync(server, shown => shown.Thumbprint == client.Thumbprint);
        using var batch = TestEvents.Numbered(1, 3);

        await using var known = await _sinks.OpenAsync(
            downstream,
            ("CertificatePath", _sinks["client.pem"]),
            ("CertificateKeyPath", _sinks["key.pem"]),
            ("TrustPath", _sinks["trust.pem"]));
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await known.SendAsync(batch, Cancel));
        await using var trustless = await _sinks.OpenAsync(
            downstream, ("CertificatePath", _sinks["client.pem"]), ("CertificateKeyPath", _sinks["key.pem"]));
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await trustless.SendAsync(batch, Cancel));
        Assert.Equal([1L, 2, 3], downstream.Taken);
    }

    private static X509Certificate2 Certificate(string name, X509Certificate2? issuer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        }
        using var signed = request.Create(issuer, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        // Kestrel wants a key that is not of the moment alone.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
