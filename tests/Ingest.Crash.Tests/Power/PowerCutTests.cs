using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Power;

/// <summary>
/// Loss of power under the real executable: its data directory, with log, cursors, policy and output, lies on a file system that forgets
/// what was not flushed. Cuts come at random moments and in the middle of chosen calls.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const int StartupMsMax = 600;
    private const int ServingMsMax = 500;
    private const int DrainMsMax = 60;
    private const int AcknowledgedMin = 500;

    /// <summary>Few cuts may meet a disk that has nothing to lose.</summary>
    private const int RoundsThatLose = 8;

    /// <summary>A call that was not reached by then is not made so often.</summary>
    private static readonly TimeSpan CallWithin = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(Names.Strict, "Auto")]
    [InlineData(Names.Strict, "Off")]
    [InlineData(Names.Journal, "Auto")]
    public async Task Power_cuts_under_load_lose_nothing(Names names, string directWrites)
    {
        await using var disk = await ForgetfulDisk.MountAsync(names);
        await using var rig = new CrashRig(output, new LoadShape { BatchEventsMax = 200, Percent = (20, 5, 25) });
        rig.Setup = rig.Setup.With(
            ("Wal:SegmentBytes", "1048576"), ("Wal:DirectWrites", directWrites), ("Publishing:CursorInterval", "100ms")) with
        {
            Data = Path.Combine(disk.Path, "data"),
        };
        await using var policies = new PolicyOperator(rig.Setup);
        policies.Start();
        rig.StartLoad();
        var lost = PowerLoss.None;
        for (var round = 0; round < Scale.PowerRounds; round++)
        {
            using var node = IngestProcess.Start(rig.Setup);
            var (moment, loss) = await LiveAsync(rig, node, disk);
            output.WriteLine($"cut {moment}: {loss}");
            lost += loss;
            rig.Inject();
            await node.KillAsync();
            await disk.RemountAsync();
        }
        output.WriteLine($"in all: {lost}; {policies.Count} policies acknowledged");
        await policies.StopAsync();

        using var last = await IngestProcess.StartReadyAsync(rig.Setup);
        await policies.CheckAsync();
        await rig.AcceptsAsync(last);
        await Poll.Until("enough is acknowledged", () => last.HasExited || rig.Journal.AcceptedEvents > AcknowledgedMin);
        var report = await rig.DrainAndJudgeAsync(last);

        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Acknowledged > AcknowledgedMin, report.ToString());
        Assert.True(lost.SectorsLost > 0 || Scale.PowerRounds < RoundsThatLose, "Nothing unflushed was lost: the cuts cut nothing.");
    }

    /// <summary>What the node lives through before the power goes.</summary>
    private static async Task<(string Moment, PowerLoss Loss)> LiveAsync(CrashRig rig, IngestProcess node, ForgetfulDisk disk)
    {
        var (kept, seed) = ((Kept)rig.Random.Next(4), rig.Random.Next());
        var lot = rig.Random.Next(10);
        if (lot == 0)
        {
            await PauseAsync(rig.Random.Next(StartupMsMax));
            return ("while starting", await disk.CutAsync(kept, seed));
        }
        var (call, count) = ((Call)rig.Random.Next(4), 1 + rig.Random.Next(40));
        if (lot < 4)
        {
            await disk.CutAtAsync(call, count, kept, seed);
            return ($"from the start at {call} {count}", await disk.LossAsync(CallWithin));
        }
        await node.ReadyAsync();
        await rig.AcceptsAsync(node);
        await PauseAsync(rig.Random.Next(ServingMsMax));
        if (lot < 8)
        {
            await disk.CutAtAsync(call, count, kept, seed);
            return ($"in service at {call} {count}", await disk.LossAsync(CallWithin));
        }
        if (lot == 8)
        {
            return ("in service", await disk.CutAsync(kept, seed));
        }
        node.Terminate();
        await PauseAsync(rig.Random.Next(DrainMsMax));
        return ("while draining", await disk.CutAsync(kept, seed));
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);
}
