using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Server;

/// <summary>
/// The listeners' certificate, its key and the authorities of producers, read again when their files change, so that a renewed
/// certificate is
/// served without a restart. Any thread.
/// </summary>
/// <remarks>
/// Files are looked at when a connection begins or the metric is read, at most once a second, and by their content: a certificate
/// and its key are
/// renamed one after the other, and of a mounted Kubernetes secret only a link above the files changes. What cannot be read, or
/// does not fit
/// together, leaves what was served before; it is told once for each content, and tried again when the content changes.
/// Invariant: <see cref="Current"/> is a certificate whose key is its own, with the authorities that were read with it.
/// </remarks>
internal sealed class RenewedCertificates
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly ListenerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();

    // Under the lock.
    private ServedCertificate _current;
    private byte[] _seen;
    private long _looked;

    /// <exception cref="CryptographicException">A file is not what it should be.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal RenewedCertificates(ListenerOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _seen = Content();
        _current = ServedCertificate.Read(options);
        _looked = time.GetTimestamp();
    }

    /// <summary>What new connections are served.</summary>
    internal ServedCertificate Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_looked) >= LookInterval)
                {
                    LookNeedsLock();
                    _looked = _time.GetTimestamp();
                }
                return _current;
            }
        }
    }

    /// <summary>Seconds until the served certificate expires; negative when it has.</summary>
    internal double SecondsLeft => (Current.NotAfter - _time.GetUtcNow()).TotalSeconds;

    private void LookNeedsLock()
    {
        try
        {
            var content = Content();
            if (content.AsSpan().SequenceEqual(_seen))
            {
                return;
            }
            // Also when it is no use: the same again is not told twice.
            _seen = content;
            _current = ServedCertificate.Read(_options);
            Log.CertificateRenewed(_logger, _options.CertificatePath, _current.NotAfter);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Keep(e);
        }
    }

    private void Keep(Exception reason)
    {
        if (reason is not (CryptographicException or ArgumentException))
        {
            // A file that is away is away for a moment or for long: told when that began.
            if (_seen.Length == 0)
            {
                return;
            }
            _seen = [];
        }
        Log.CertificateKept(_logger, _options.CertificatePath, _current.NotAfter, reason.Message);
    }

    /// <summary>A digest of all files together.</summary>
    private byte[] Content()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in new[] { _options.CertificatePath, _options.CertificateKeyPath, _options.ClientAuthoritiesPath })
        {
            digest.AppendData(path.Length > 0 ? SHA256.HashData(File.ReadAllBytes(path)) : []);
        }
        return digest.GetHashAndReset();
    }
}

/// <summary>What a listener shows and asks for.</summary>
/// <param name="Context">The certificate with its key and the certificates sent along.</param>
/// <param name="NotAfter">When it expires.</param>
/// <param name="Authorities">Whose certificates producers must show; none: they need not show any.</param>
internal sealed record ServedCertificate(
    SslStreamCertificateContext Context, DateTimeOffset NotAfter, X509Certificate2Collection Authorities)
{
    /// <exception cref="CryptographicException">A file is not what it should be.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal static ServedCertificate Read(ListenerOptions options)
    {
        var own = ListenCertificates.Server(options);
        var context = SslStreamCertificateContext.Create(own, ListenCertificates.Intermediates(options, own), offline: true);
        return new ServedCertificate(context, own.NotAfter.ToUniversalTime(), ListenCertificates.Authorities(options));
    }

    /// <summary>How a connection is secured.</summary>
    /// <param name="asksProducers">Whether the client must show a certificate of an authority, where there are any.</param>
    internal SslServerAuthenticationOptions Secure(bool asksProducers)
    {
        var tls = new SslServerAuthenticationOptions { ServerCertificateContext = Context };
        if (asksProducers && Authorities.Count > 0)
        {
            tls.ClientCertificateRequired = true;
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                certificate is X509Certificate2 shown && ListenCertificates.IsOf(Authorities, shown, chain, errors);
        }
        return tls;
    }
}
