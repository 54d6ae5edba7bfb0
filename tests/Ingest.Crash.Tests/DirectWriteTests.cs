using System.Text.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>Commit groups written past the page cache by the real executable on the real file system.</summary>
public sealed class DirectWriteTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Groups_go_past_the_page_cache_with_one_write_and_one_flush_each()
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output);
        var log = rig.Beside("trace");
        rig.Setup = rig.Setup.With(("Wal:DirectWrites", "Auto")) with { Wrapper = Tracer.Watch(log, "pwrite64,fdatasync,fsync") };
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        rig.StartLoad();
        await rig.AcceptsAsync(node, requests: 500);
        await rig.StopLoadAsync();
        var status = await LogStatusAsync(rig.Setup);
        Assert.SkipUnless(status.GetProperty("writesDirect").GetBoolean(), "The file system takes no direct writes.");
        Assert.Equal(0, await node.StopAsync());

        var calls = SystemCall.Read(log).Where(call => call.Path.EndsWith(".wal", StringComparison.Ordinal)).ToList();
        Assert.All(calls.Chunk(2), pair => Assert.Equal(["pwrite64", "fdatasync"], pair.Select(call => call.Name)));
        Assert.All(calls.Where(call => call.Writes), call => Assert.Equal(0, call.WrittenEnd % 4096));
        Assert.True(rig.Judge().IsClean);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_direct_write_that_the_system_refuses_is_done_the_other_way_and_loses_nothing(int refused)
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output);
        rig.Setup = rig.Setup.With(("Wal:DirectWrites", "Auto"));
        using (var first = await IngestProcess.StartReadyAsync(rig.Setup))
        {
            Assert.Equal(0, await first.StopAsync());
        }
        var segment = Directory.GetFiles(Path.Combine(rig.Setup.Data, "wal"), "*.wal").Single();
        var refusing = Tracer.Inject(rig.Beside("trace"), "pwrite64", $"error=EINVAL:when={refused}", segment);
        using (var node = await IngestProcess.StartReadyAsync(rig.Setup with { Wrapper = refusing }))
        {
            rig.StartLoad();
            await rig.AcceptsAsync(node, requests: 300);
            await rig.StopLoadAsync();
            var status = await LogStatusAsync(rig.Setup);
            Assert.False(status.GetProperty("writesDirect").GetBoolean());
            Assert.NotNull(status.GetProperty("directRefusal").GetString());
            Assert.Contains("through the page cache", node.Output, StringComparison.Ordinal);
            await node.KillAsync();
        }
        using var next = await IngestProcess.StartReadyAsync(rig.Setup);
        var report = await rig.DrainAndJudgeAsync(next);
        Assert.True(report.IsClean, report.ToString());
    }

    private static async Task<JsonElement> LogStatusAsync(IngestSetup setup)
    {
        using var admin = new AdminClient(setup);
        return (await admin.StatusAsync()).GetProperty("log");
    }
}
