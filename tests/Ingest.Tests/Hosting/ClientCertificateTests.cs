using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ingest.Testing;

namespace Ingest.Tests.Hosting;

/// <summary>mTLS as docs/keys.md shows it: who has no certificate of the authority does not get as far as HTTP.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority("producers");
    private readonly X509Certificate2 _stranger = TestCertificates.Authority("strangers");

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task Who_shows_a_certificate_of_the_authority_may_send_and_nobody_else()
    {
        await using var node = await StartAsync();
        using var known = TestCertificates.Issue(_authority, "shop", forClient: true);
        using var unknown = TestCertificates.Issue(_stranger, "shop", forClient: true);
        using var server = TestCertificates.Issue(_authority, "server", forClient: false);

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(node, known));
        Assert.Null(await PostAsync(node, unknown));
        // Of the authority, but not for clients: a stolen server's certificate opens nothing here.
        Assert.Null(await PostAsync(node, server));
        Assert.Null(await PostAsync(node, null));
        // Operators have their token; the admin listener asks for no certificate.
        var status = await node.Client.GetAsync(new Uri(node.Admin, "/status"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
    }

    private Task<NodeHost> StartAsync() => NodeHost.StartAsync(directory =>
    {
        var (server, authorities) = (Path.Combine(directory, "server.pem"), Path.Combine(directory, "producers.pem"));
        using var own = TestCertificates.Issue(_stranger, "localhost", forClient: false);
        File.WriteAllText(server, TestCertificates.Pem(own));
        File.WriteAllText(authorities, _authority.ExportCertificatePem());
        return
        [
            $"Listen:Intake=https://127.0.0.1:{FreePort.Next()}", $"Listen:CertificatePath={server}",
            $"Listen:ClientAuthoritiesPath={authorities}",
        ];
    });

    /// <summary>The status, or null where the connection was refused before there was one.</summary>
    private static async Task<HttpStatusCode?> PostAsync(NodeHost node, X509Certificate2? certificate)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost";
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }
        using var client = new HttpClient(handler);
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        try
        {
            using var answer = await client.PostAsync(new Uri(node.Intake, "/v1/events"), content, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
