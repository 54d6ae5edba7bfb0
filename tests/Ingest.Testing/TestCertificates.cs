using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ingest.Testing;

/// <summary>Certificates made on the spot, good for a day.</summary>
public static class TestCertificates
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>A certificate for the loopback with its key, as PEM.</summary>
    public static string SelfSigned()
    {
        using var certificate = Authority("localhost");
        return Pem(certificate);
    }

    /// <summary>An authority.</summary>
    public static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(LoopbackNames());
        return request.CreateSelfSigned(Yesterday, Tomorrow);
    }

    /// <summary>A certificate of the authority, with its key.</summary>
    /// <param name="authority">Who signs.</param>
    /// <param name="name">Whose it is.</param>
    /// <param name="forClient">For a client, else for a server on the loopback.</param>
    public static X509Certificate2 Issue(X509Certificate2 authority, string name, bool forClient)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([forClient ? ClientAuthentication : ServerAuthentication], critical: true));
        request.CertificateExtensions.Add(LoopbackNames());
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>The certificate and its key, if it has one, in one file's text.</summary>
    public static string Pem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey();
        return certificate.ExportCertificatePem() + "\n" + key?.ExportPkcs8PrivateKeyPem();
    }

    private static DateTimeOffset Yesterday => TimeProvider.System.GetUtcNow().AddDays(-1);

    private static DateTimeOffset Tomorrow => TimeProvider.System.GetUtcNow().AddDays(1).AddHours(-1);

    private static X509Extension LoopbackNames()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        return names.Build();
    }
}
