using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>
/// kill -9 at random moments under load, on the same directory, again and again. The page cache survives this, so what is tested is the
/// order of our writes and our recovery; what survives a power cut is the model's business (tests/Ingest.Wal.Tests).
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int StartupMsMax = 600;
    private const int ServingMsMax = 700;
    private const int DrainMsMax = 60;
    private const int AcknowledgedMin = 1000;

    [Fact]
    public async Task Kills_under_load_lose_nothing()
    {
        await using var rig = new CrashRig(output);
        await KillAsync(rig, Scale.KillRounds);
    }

    [Fact]
    public async Task Kills_lose_nothing_while_segments_roll_and_are_recycled()
    {
        await using var rig = new CrashRig(output, new LoadShape { BatchEventsMax = 200, Percent = (20, 5, 25) });
        rig.Setup = rig.Setup.With(("Wal:SegmentBytes", "1048576"));
        await KillAsync(rig, rounds: 10);
    }

    private async Task KillAsync(CrashRig rig, int rounds)
    {
        var moments = new Dictionary<string, int>();
        rig.StartLoad();
        for (var round = 0; round < rounds; round++)
        {
            using var node = IngestProcess.Start(rig.Setup);
            var moment = await LiveAsync(rig, node);
            moments[moment] = moments.GetValueOrDefault(moment) + 1;
            rig.Inject();
            await node.KillAsync();
        }
        output.WriteLine($"killed {string.Join(", ", moments.Select(pair => $"{pair.Value} times {pair.Key}"))}");

        using var last = await IngestProcess.StartReadyAsync(rig.Setup);
        await rig.AcceptsAsync(last);
        await Poll.Until("enough is acknowledged", () => last.HasExited || rig.Journal.AcceptedEvents > AcknowledgedMin);
        var report = await rig.DrainAndJudgeAsync(last);

        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Acknowledged > AcknowledgedMin, report.ToString());
    }

    /// <summary>What the process lives through before it is killed.</summary>
    private static async Task<string> LiveAsync(CrashRig rig, IngestProcess node)
    {
        var lot = rig.Random.Next(10);
        if (lot < 2)
        {
            await PauseAsync(rig.Random.Next(StartupMsMax));
            return "while starting";
        }
        await node.ReadyAsync();
        await rig.AcceptsAsync(node);
        await PauseAsync(rig.Random.Next(ServingMsMax));
        if (lot >= 4)
        {
            return "while serving";
        }
        node.Terminate();
        await PauseAsync(rig.Random.Next(DrainMsMax));
        return "while draining";
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);
}
