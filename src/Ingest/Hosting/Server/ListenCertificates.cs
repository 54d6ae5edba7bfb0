using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ingest.Hosting.Server;

/// <summary>The certificates of the listeners: what they show, and whose they ask for.</summary>
internal static class ListenCertificates
{
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>The server's own certificate with its key.</summary>
    /// <exception cref="CryptographicException">The file is no such certificate, or the key is not its key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static X509Certificate2 Server(ListenerOptions options) =>
        IsPem(options)
            ? X509Certificate2.CreateFromPemFile(
                options.CertificatePath, options.CertificateKeyPath.Length > 0 ? options.CertificateKeyPath : options.CertificatePath)
            : X509CertificateLoader.LoadPkcs12FromFile(options.CertificatePath, password: null);

    /// <summary>
    /// The certificates that stand behind the server's own in its file: sent along, so that clients find the way to the root.
    /// </summary>
    internal static X509Certificate2Collection Intermediates(ListenerOptions options, X509Certificate2 own)
    {
        var sent = new X509Certificate2Collection();
        if (IsPem(options))
        {
            sent.ImportFromPemFile(options.CertificatePath);
        }
        else
        {
            sent.AddRange(X509CertificateLoader.LoadPkcs12CollectionFromFile(options.CertificatePath, password: null));
        }
        foreach (var certificate in sent.Where(certificate => certificate.RawDataMemory.Span.SequenceEqual(
            own.RawDataMemory.Span)).ToList())
        {
            sent.Remove(certificate);
        }
        return sent;
    }

    private static bool IsPem(ListenerOptions options) => options.CertificatePath.EndsWith(".pem", StringComparison.OrdinalIgnoreCase)
        || options.CertificatePath.EndsWith(".crt", StringComparison.OrdinalIgnoreCase);

    /// <summary>The authorities whose certificates producers must show; none: they need not show any.</summary>
    /// <exception cref="CryptographicException">The file holds no certificate.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static X509Certificate2Collection Authorities(ListenerOptions options)
    {
        var authorities = new X509Certificate2Collection();
        if (options.ClientAuthoritiesPath.Length > 0)
        {
            authorities.ImportFromPemFile(options.ClientAuthoritiesPath);
            if (authorities.Count == 0)
            {
                throw new CryptographicException("There is no certificate in it.");
            }
        }
        return authorities;
    }

    /// <summary>
    /// Whether one of the authorities stands behind the certificate, and behind no other purpose than a client's. What the machine trusts
    /// otherwise does not count, and the network is not asked: revocation is done with short-lived certificates.
    /// </summary>
    internal static bool IsOf(X509Certificate2Collection authorities, X509Certificate2 certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return false;
        }
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.ApplicationPolicy.Add(ClientAuthentication);
        if (sent is not null)
        {
            policy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        }
        return chain.Build(certificate);
    }
}
