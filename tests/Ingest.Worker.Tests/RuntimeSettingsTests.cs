using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>How the runtime is set (docs/decisions/0012-runtime.md): as published, and as a running node has it.</summary>
public sealed class RuntimeSettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("System.GC.Server", "false")]
    [InlineData("System.GC.Concurrent", "false")]
    [InlineData("System.GC.Gen0MaxBudget", "4194304")]
    [InlineData("System.Runtime.TieredCompilation.CallCountingDelayMs", "10")]
    [InlineData("System.Runtime.TieredPGO", "true")]
    [InlineData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "8")]
    public void The_published_program_has_the_settings_that_were_measured(string setting, string value)
    {
        var file = Path.Combine(Path.GetDirectoryName(SourceTree.Executable())!, "Ingest.Worker.runtimeconfig.json");
        using var published = JsonDocument.Parse(File.ReadAllBytes(file));

        var properties = published.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.Equal(value, properties.GetProperty(setting).GetRawText());
    }

    [Fact]
    public async Task A_running_node_collects_its_youngest_generation_about_each_four_megabytes()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"] });
        using var http = new HttpClient { BaseAddress = node.Setup.Admin };
        var (before, allocatedBefore) = await CollectionsAsync(http);
        var (after, allocated) = (before, allocatedBefore);
        while (after < before + 4)
        {
            // Whatever allocates. Without the setting it is 25 MB and more until the next collection.
            Assert.True(
                allocated - allocatedBefore < 64 * 1024 * 1024, $"{allocated - allocatedBefore} bytes for {after - before} collections");
            for (var i = 0; i < 20; i++)
            {
                await http.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
            }
            (after, allocated) = await CollectionsAsync(http);
        }
        Assert.InRange((allocated - allocatedBefore) / (after - before), 0, 8 * 1024 * 1024);
    }

    private static async Task<(long Youngest, long AllocatedBytes)> CollectionsAsync(HttpClient http)
    {
        using var heap = JsonDocument.Parse(await http.GetByteArrayAsync(
            new Uri("/debug/gc", UriKind.Relative), TestContext.Current.CancellationToken));
        return (heap.RootElement.GetProperty("collections")[0].GetInt64(), heap.RootElement.GetProperty("allocatedBytes").GetInt64());
    }
}
