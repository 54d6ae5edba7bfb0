using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Server;

/// <summary>
/// The listeners' certificate, its key and the authorities of producers, read again when their files change, so that a renewed certificate
/// is served without a restart. Any thread.
/// </summary>
/// <remarks>
/// Files are looked at when a connection begins or the metric is read, at most once a second. What cannot be read, or does not fit
/// together, leaves what was served before; it is told once for each content, and tried again when the content changes.
/// Invariant: <see cref="Current"/> is a certificate whose key is its own, with the authorities that were read with it.
/// </remarks>
internal sealed class RenewedCertificates
{
    private readonly ListenerOptions _options;
    private readonly TimeProvider _time;
    private readonly WatchedFile<ServedCertificate> _files;

    /// <exception cref="CryptographicException">A file is not what it should be.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal RenewedCertificates(ListenerOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time) = (options, time);
        _files = new WatchedFile<ServedCertificate>(Content, (_, _) => ServedCertificate.Read(options), time)
        {
            Changed = served => Log.CertificateRenewed(logger, options.CertificatePath, served.NotAfter),
            Kept = reason => Log.CertificateKept(logger, options.CertificatePath, _files!.Value!.NotAfter, reason.Message),
        };
        _files.Load();
    }

    /// <summary>What new connections are served.</summary>
    internal ServedCertificate Current => _files.Fresh;

    /// <summary>Seconds until the served certificate expires; negative when it has.</summary>
    internal double SecondsLeft => (Current.NotAfter - _time.GetUtcNow()).TotalSeconds;

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
