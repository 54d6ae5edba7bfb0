using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ingest.Hosting.Server;

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
