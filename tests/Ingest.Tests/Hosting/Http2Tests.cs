using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Tests.Hosting;

/// <summary>Many requests at once on one connection of HTTP/2: each is answered, with its own events' numbers.</summary>
public sealed class Http2Tests
{
    private const int Requests = 2000;
    private const int AtOnce = 100;

    [Fact]
    public async Task Each_stream_in_clear_text_gets_its_own_answer()
    {
        await using var node = await NodeHost.StartAsync("Listen:Protocols=Http2");
        await CheckAsync(node.Intake);
    }

    [Fact]
    public async Task Each_stream_with_TLS_gets_its_own_answer()
    {
        await using var node = await NodeHost.StartAsync(directory =>
        {
            var certificate = Path.Combine(directory, "server.pem");
            File.WriteAllText(certificate, TestCertificates.SelfSigned());
            return [$"Listen:Intake=https://127.0.0.1:{FreePort.Next()}", $"Listen:CertificatePath={certificate}"];
        });
        await CheckAsync(node.Intake);
    }

    private static async Task CheckAsync(Uri intake)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost";
        using var client = new HttpClient(handler)
        {
            BaseAddress = intake,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var numbers = new long[Requests];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (request, cancel) =>
        {
            using var body = new StringContent($$"""{"request":{{request}}}""", Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri("/v1/events", UriKind.Relative), body, cancel);
            Assert.Equal((HttpStatusCode.Accepted, HttpVersion.Version20), (answer.StatusCode, answer.Version));
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(cancel));
            numbers[request] = json.RootElement.GetProperty("first").GetInt64();
        });
        Assert.Equal(Requests, numbers.Distinct().Count());
    }
}
