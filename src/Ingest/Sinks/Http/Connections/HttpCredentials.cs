using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Connections;

/// <summary>
/// Proves who the node is to the other side, and checks who that is; adds the headers of an operator. Throws only what
/// <see cref="Problem"/> explains.
/// </summary>
internal sealed class HttpCredentials
{
    private readonly HttpSinkOptions _options;
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly Authorization? _authorization;
    private readonly SecretFile? _signing;
    private readonly OwnHeaders _headers;

    internal HttpCredentials(HttpSinkOptions options, string directory, TimeProvider time)
    {
        (_options, _directory, _time) = (options, directory, time);
        _authorization = Authorization.Of(options, Full, time);
        _signing = options.SigningFile.Length > 0 ? new SecretFile(Full(options.SigningFile), time, TooShort) : null;
        Proxy = ForwardProxy.Of(options, Full, time);
        _headers = new OwnHeaders(options.Headers, options.HeadersFile.Length > 0 ? Full(options.HeadersFile) : null, time);
    }

    /// <summary>The proxy all requests go through; null for none.</summary>
    internal ForwardProxy? Proxy { get; }

    /// <summary>Reads everything once, to find out whether it can be.</summary>
    /// <exception cref="Exception">See <see cref="Problem"/>.</exception>
    internal void Check()
    {
        _ = _authorization?.Value;
        _ = _signing?.Lines;
        _ = _headers.Current;
        Proxy?.Check();
    }

    /// <summary>Adds what a request carries.</summary>
    internal void Apply(HttpRequestMessage request, RequestBody body)
    {
        _headers.AddTo(request);
        Proxy?.AddTo(request);
        if (_authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", _authorization.Value);
        }
        if (_signing is not null)
        {
            request.Headers.TryAddWithoutValidation(
                RequestSigner.Header, RequestSigner.Sign(_signing.Lines, _time.GetUtcNow(), body.Bytes));
        }
    }

    /// <summary>The other side did not take them: the next request reads the files anew.</summary>
    internal void Distrust()
    {
        _authorization?.Distrust();
        _signing?.Distrust();
        _headers.Distrust();
        Proxy?.Distrust();
    }

    /// <summary>How connections are secured. Reads the certificates anew.</summary>
    /// <exception cref="Exception">See <see cref="Problem"/>.</exception>
    internal SslClientAuthenticationOptions Tls()
    {
        var tls = new SslClientAuthenticationOptions();
        if (_options.CertificatePath.Length > 0)
        {
            var key = _options.CertificateKeyPath.Length > 0 ? Full(_options.CertificateKeyPath) : null;
            var certificate = X509Certificate2.CreateFromPemFile(Full(_options.CertificatePath), key);
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }
        if (_options.TrustPath.Length > 0)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(Full(_options.TrustPath));
            tls.CertificateChainPolicy = policy;
        }
        return tls;
    }

    /// <summary>What to say of an exception of reading files and certificates; null when it is none of these.</summary>
    internal static string? Problem(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or CryptographicException ? failure.Message : null;

    private static string? TooShort(string[] secrets) =>
        secrets.Any(secret => Encoding.UTF8.GetByteCount(secret) < RequestSigner.SecretBytesMin)
            ? $"a secret of SigningFile has fewer than {RequestSigner.SecretBytesMin} bytes"
            : null;

    private string Full(string path) => Path.GetFullPath(path, _directory);
}
