using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Proof;

/// <summary>A sink that cannot be written for a while, with a kill in it: producers notice nothing, and all arrives afterwards.</summary>
public sealed class DeadSinkTests(ITestOutputHelper output)
{
    private const int Rounds = 3;
    private const int RequestsEach = 100;
    private const int Stop = 19;
    private const int Continue = 18;

    [Fact]
    public async Task A_sink_that_is_dead_through_a_kill_gets_every_event_once_and_in_order()
    {
        await using var rig = new CrashRig(output);
        var place = rig.Beside("place");
        rig.Setup = rig.Setup.With(
            ("Sinks:File:Directory", place), ("Publishing:BlockedMin", "100ms"), ("Publishing:BlockedMax", "200ms"));
        rig.StartLoad();
        for (var round = 0; round < Rounds; round++)
        {
            var aside = rig.Beside("aside");
            if (Directory.Exists(place))
            {
                Directory.Move(place, aside);
            }
            await File.WriteAllTextAsync(place, "in the way", TestContext.Current.CancellationToken);
            using (var node = await IngestProcess.StartReadyAsync(rig.Setup))
            {
                await rig.AcceptsAsync(node, RequestsEach);
                rig.Inject();
                await node.KillAsync();
            }
            using var next = await IngestProcess.StartReadyAsync(rig.Setup);
            await rig.AcceptsAsync(next, RequestsEach);
            // Or the node makes a directory of its own where the one that is put back has to be.
            next.Send(Stop);
            await Poll.Until(
                "the node stands still", () => File.ReadAllText($"/proc/{next.Pid}/stat").Contains(") T ", StringComparison.Ordinal));
            File.Delete(place);
            if (Directory.Exists(aside))
            {
                Directory.Move(aside, place);
            }
            next.Send(Continue);
            await Poll.Until("the sink takes events again", () => Directory.Exists(place) && Directory.GetDirectories(place).Length > 0);
            rig.Inject();
            await next.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(rig.Setup);
        await rig.AcceptsAsync(last);
        var report = await rig.DrainAndJudgeAsync(last);

        Assert.True(report.IsClean, report.ToString());
    }
}
