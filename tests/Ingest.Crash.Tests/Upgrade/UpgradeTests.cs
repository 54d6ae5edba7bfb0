using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Upgrade;

/// <summary>
/// Data directories of a build without epochs, opened by this one. Each holds events 1 to 8: the file sink had them all; the HTTP sink had
/// 1, 2, 3 and 5, had refused 4, and was down for 6 to 8.
/// </summary>
public sealed class UpgradeTests : IDisposable
{
    private const int Events = 8;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly TemporaryDirectory _directory = new();

    public UpgradeTests()
    {
        var archive = Path.Combine(SourceTree.Root, "tests/Ingest.Crash.Tests/Upgrade/data-1.tar.gz");
        using var file = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        TarFile.ExtractToDirectory(file, _directory.Path, overwriteFiles: false);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("killed")]
    [InlineData("stopped")]
    public async Task Everything_in_a_directory_of_an_earlier_build_is_kept_and_goes_on(string how)
    {
        await using var downstream = await HttpDownstream.StartAsync();
        var setup = new IngestSetup { Data = _directory[how], Sinks = ["file", "http"] }.With(
            ("Wal:SegmentBytes", "1MiB"), ("Sinks:http:Url", downstream.Url.ToString()), ("Drain:BalancerDelay", "0"));
        using var node = await IngestProcess.StartReadyAsync(setup);

        var next = await PostAsync(setup, "[7]");
        Assert.True(how == "stopped" ? next == Events + 1 : next > Events + 1, $"the next number is {next}");
        await QuietAsync(setup);
        // Events without a key keep no order.
        Assert.Equal([6, 7, 8, next], downstream.Taken.Order());

        // The refused event is still a dead letter, and can be sent.
        using (var requeued = await Http.PostAsJsonAsync(
            new Uri(setup.Admin, "/deadletters/requeue"), new { all = true }, TestContext.Current.CancellationToken))
        {
            Assert.True(requeued.IsSuccessStatusCode);
        }
        await Poll.Until("the dead letter is delivered", () => downstream.Taken.Contains(4));
        await QuietAsync(setup);
        Assert.Equal(0, await node.StopAsync());

        var written = new List<long>();
        DeliveredEvents.Read(_directory[$"{how}/out"], delivered => written.Add(delivered.Sequence));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, next], written.Order());
    }

    private static async Task<long> PostAsync(IngestSetup setup, string body)
    {
        using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        using var response = await Http.PostAsync(
            new Uri(setup.Intake, "/v1/streams/orders/events"), content, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer.GetProperty("first").GetInt64();
    }

    private static async Task QuietAsync(IngestSetup setup)
    {
        using var admin = new AdminClient(setup);
        await Poll.Until("every sum is balanced and nothing is pending", async () => (await admin.StatusAsync()).GetProperty("lanes")
            .EnumerateArray().Select(lane => lane.GetProperty("sum"))
            .All(sum => sum.GetProperty("balanced").GetBoolean() && sum.GetProperty("pending").GetInt64() == 0));
    }
}
