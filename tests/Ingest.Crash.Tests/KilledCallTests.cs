using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>Killed as it enters the Nth write, flush, rename or deletion: in start-up, under load, while segments roll.</summary>
public sealed class KilledCallTests(ITestOutputHelper output)
{
    // As many make segments roll and be recycled; a call that was not reached by then is not made so often.
    private const int RequestsMax = 800;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Killed_at_any_call_that_matters_nothing_is_lost()
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output, new LoadShape { BatchEventsMax = 200, Percent = (20, 5, 25) });
        rig.Setup = rig.Setup.With(("Wal:SegmentBytes", "1048576"));
        (string Call, int[] At)[] plan =
        [
            ("pwrite64", [1, 2, 5, 9, 40]),
            ("fdatasync", [1, 2, 4, 8, 30]),
            ("fsync", [1, 2, 3, 5]),
            ("rename", [1, 2, 3, 5]),
            ("unlink", [1, 2]),
        ];
        rig.StartLoad();
        foreach (var (call, at) in plan)
        {
            foreach (var number in at)
            {
                await LiveAsync(rig, call, number);
                rig.Inject();
            }
        }
        using var last = await IngestProcess.StartReadyAsync(rig.Setup);
        await rig.AcceptsAsync(last);
        var report = await rig.DrainAndJudgeAsync(last);

        Assert.True(report.IsClean, report.ToString());
    }

    private async Task LiveAsync(CrashRig rig, string call, int number)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"signal=SIGKILL:when={number}");
        using var node = IngestProcess.Start(rig.Setup with { Wrapper = Tracer.Inject("/dev/null", call, what) });
        var accepted = rig.Client.Accepted;
        await Poll.Until(
            "it is killed, or has done enough", () => node.HasExited || rig.Client.Accepted - accepted >= RequestsMax, Patience);
        var isReached = node.HasExited;
        if (!isReached)
        {
            // No thread made as many of these calls: killed at whatever it does now.
            await node.KillAsync();
        }
        var code = await node.ExitAsync();
        output.WriteLine(
            $"{call} {number}: {(isReached ? "reached" : "not reached")}, {rig.Client.Accepted - accepted} requests accepted");
        Assert.True(code == 128 + 9, $"exit code {code}\n{node.Output}");
    }
}
