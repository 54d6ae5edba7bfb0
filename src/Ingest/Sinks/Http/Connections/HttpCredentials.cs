using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Connections;

/// <summary>Proves who the node is to the other side, and checks who that is. Throws only what <see cref="Problem"/> explains.</summary>
internal sealed class HttpCredentials(HttpSinkOptions options, string directory, TimeProvider time)
{
    private readonly SecretFile? _bearer = File(options.BearerFile, directory, time);
    private readonly SecretFile? _signing = File(options.SigningFile, directory, time);

    /// <summary>Reads everything once, to find out whether it can be.</summary>
    /// <exception cref="Exception">See <see cref="Problem"/>.</exception>
    internal void Check()
    {
        if (_bearer?.Lines[0].Any(character => character is < ' ' or > '~') == true)
        {
            throw new IOException($"the token in {_bearer.Path} has characters that no header can carry");
        }
        if (_signing?.Lines.FirstOrDefault(secret => Encoding.UTF8.GetByteCount(secret) < RequestSigner.SecretBytesMin) is not null)
        {
            throw new IOException($"a secret in {_signing.Path} has fewer than {RequestSigner.SecretBytesMin} bytes");
        }
    }

    /// <summary>Adds what a request carries.</summary>
    internal void Apply(HttpRequestMessage request, RequestBody body)
    {
        if (_bearer is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + _bearer.Lines[0]);
        }
        if (_signing is not null)
        {
            request.Headers.TryAddWithoutValidation(
                RequestSigner.Header, RequestSigner.Sign(_signing.Lines, time.GetUtcNow(), body.Bytes));
        }
    }

    /// <summary>The other side did not take them: the next request reads the files anew.</summary>
    internal void Distrust()
    {
        _bearer?.Distrust();
        _signing?.Distrust();
    }

    /// <summary>How connections are secured. Reads the certificates anew.</summary>
    /// <exception cref="Exception">See <see cref="Problem"/>.</exception>
    internal SslClientAuthenticationOptions Tls()
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.CertificatePath.Length > 0)
        {
            var key = options.CertificateKeyPath.Length > 0 ? Full(options.CertificateKeyPath) : null;
            var certificate = X509Certificate2.CreateFromPemFile(Full(options.CertificatePath), key);
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }
        if (options.TrustPath.Length > 0)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(Full(options.TrustPath));
            tls.CertificateChainPolicy = policy;
        }
        return tls;
    }

    /// <summary>What to say of an exception of reading files and certificates; null when it is none of these.</summary>
    internal static string? Problem(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or CryptographicException ? failure.Message : null;

    private string Full(string path) => Path.GetFullPath(path, directory);

    private static SecretFile? File(string path, string directory, TimeProvider time) =>
        path.Length > 0 ? new SecretFile(Path.GetFullPath(path, directory), time) : null;
}
