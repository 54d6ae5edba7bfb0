using System.Text.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>Accepted = delivered + dead-lettered + lost + pending, always, per lane and per stream, across kills.</summary>
public sealed class AccountsTests(ITestOutputHelper output)
{
    private const int Lives = 4;
    private const int LooksPerLife = 40;

    [Fact]
    public async Task The_sums_hold_at_every_moment_and_across_kills()
    {
        await using var rig = new CrashRig(output);
        rig.Setup = rig.Setup with { Sinks = ["file", "discard"] };
        using var admin = new AdminClient(rig.Setup);
        rig.StartLoad();
        var (looks, accepted) = (0, 0L);
        for (var life = 0; life < Lives; life++)
        {
            using var node = await IngestProcess.StartReadyAsync(rig.Setup);
            await rig.AcceptsAsync(node);
            for (var look = 0; look < LooksPerLife; look++)
            {
                var acknowledged = rig.Journal.AcceptedEvents;
                var status = await admin.StatusAsync();
                Check(status);
                var durable = status.GetProperty("log").GetProperty("durable").GetInt64();
                Assert.True(durable >= acknowledged, $"{acknowledged} events were acknowledged and {durable} are durable");
                Assert.True(durable >= accepted, $"{durable} events are durable, {accepted} were before");
                accepted = durable;
                looks++;
            }
            await node.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(rig.Setup);
        await rig.AcceptsAsync(last);
        await rig.StopLoadAsync();
        await Poll.Until("everything is delivered", async () => Pending(await admin.StatusAsync()) == 0);
        var final = await admin.StatusAsync();
        var report = await rig.DrainAndJudgeAsync(last);
        Assert.True(report.IsClean, report.ToString());
        output.WriteLine($"{looks} looks at {report.Delivered} events");
        Settled(final, report, rig);
    }

    private static void Check(JsonElement status)
    {
        foreach (var lane in status.GetProperty("lanes").EnumerateArray())
        {
            var sum = lane.GetProperty("sum");
            long Of(string name) => sum.GetProperty(name).GetInt64();
            var told = $"{lane.GetProperty("name").GetString()}: {sum}";
            Assert.True(Of("accepted") == Of("before") + Of("delivered") + Of("deadLettered") + Of("lost") + Of("pending"), told);
            Assert.True(sum.GetProperty("balanced").GetBoolean(), told);
            Assert.True(Of("pending") >= 0 && Of("lost") == 0 && Of("before") == 0, told);
        }
        foreach (var stream in status.GetProperty("streams").EnumerateArray())
        {
            var events = stream.GetProperty("accepted").GetInt64();
            foreach (var lane in stream.GetProperty("lanes").EnumerateArray())
            {
                long Of(string name) => lane.GetProperty(name).GetInt64();
                Assert.Equal(events, Of("delivered") + Of("deadLettered") + Of("outstanding"));
                Assert.True(Of("outstanding") >= 0, stream.ToString());
            }
        }
    }

    /// <summary>What the node counted over all its lives is what the oracle counted in the files.</summary>
    private static void Settled(JsonElement status, OracleReport report, CrashRig rig)
    {
        Check(status);
        var files = new Dictionary<string, long>();
        DeliveredEvents.Read(rig.Output, line => files[line.Stream] = files.GetValueOrDefault(line.Stream) + 1);
        var streams = status.GetProperty("streams").EnumerateArray()
            .ToDictionary(stream => stream.GetProperty("stream").GetString()!, stream => stream.GetProperty("accepted").GetInt64());
        Assert.Equal(files.OrderBy(pair => pair.Key, StringComparer.Ordinal), streams.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        Assert.All(status.GetProperty("lanes").EnumerateArray(), lane =>
            Assert.Equal(report.Delivered, lane.GetProperty("sum").GetProperty("delivered").GetInt64()));
    }

    private static long Pending(JsonElement status) =>
        status.GetProperty("lanes").EnumerateArray().Sum(lane => lane.GetProperty("sum").GetProperty("pending").GetInt64());
}
