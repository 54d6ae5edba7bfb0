using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Ingest.Testing;

namespace Ingest.Tests.Hosting;

/// <summary>The sample runs as it says: an application of its own, with a sink of its own.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_embedded_host_delivers_to_its_own_sink()
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        var beside = AppContext.BaseDirectory.Replace("Ingest.Tests", "EmbeddedHost", StringComparison.Ordinal);
        var program = Path.Combine(beside, "EmbeddedHost.dll");
        Assert.True(File.Exists(program), $"{program} is missing: the sample is built with this project.");
        var start = new ProcessStartInfo(
            "dotnet", [program, "--urls", url, "--Ingest:Data", _directory["data"], "--Ingest:Drain:BalancerDelay", "0"])
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var sample = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(url) };
            await Poll.Until("it accepts", () => AcceptsAsync(client));
            var file = _directory["data/lines.txt"];
            await Poll.Until("the line is there", () => File.Exists(file) && new FileInfo(file).Length > 0);

            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal("EmbeddedHost orders 1 {\"order\":1}", lines[0]);
        }
        finally
        {
            sample.Kill();
            await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> AcceptsAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.PostAsJsonAsync("/v1/streams/orders/events", new { order = 1 });
            return answer.StatusCode == HttpStatusCode.Accepted;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
