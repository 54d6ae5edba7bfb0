using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>The disk fills under load: intake refuses, delivery goes on, and all comes back by itself when there is room.</summary>
public sealed class DiskFullTests(ITestOutputHelper output)
{
    /// <param name="watermark">MiB of free disk below which intake refuses ahead of time; 0: only when there is nothing left.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task A_full_disk_refuses_intake_goes_on_delivering_and_recovers_by_itself(int watermark)
    {
        using var disk = SmallDisk.Mount(mebibytes: 24);
        await using var rig = new CrashRig(output, new LoadShape { BatchEventsMax = 200, Percent = (20, 5, 25), Pace = TimeSpan.Zero });
        rig.Setup = OnSmallDisk(rig, disk, watermark);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        rig.StartLoad();
        await rig.AcceptsAsync(node, requests: 200);
        for (var round = 0; round < 3; round++)
        {
            await Poll.Until("intake refuses", () =>
            {
                // Again and again: what is delivered leaves the log, and gives room back.
                disk.Fill();
                return Recent(rig).All(attempt => attempt.Code == "disk_pressure");
            });
            var acknowledged = rig.Journal.AcceptedEvents;
            await Poll.Until("the rest is delivered", () => DeliveredCount(rig.Output) >= acknowledged);
            Assert.False(node.HasExited, node.Output);

            rig.Inject();
            disk.Free();
            await rig.AcceptsAsync(node, requests: 200);
        }
        var report = await rig.DrainAndJudgeAsync(node);

        Assert.True(report.IsClean, report.ToString());
        var refused = rig.Journal.Attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Refused).ToList();
        Assert.All(refused, attempt => Assert.Equal((503, "disk_pressure"), (attempt.Status, attempt.Code)));
        Assert.All(refused, attempt => Assert.True(attempt.HasRetryAfter));
    }

    [Fact]
    public async Task A_node_starts_and_delivers_on_a_disk_that_is_full_to_the_last_byte()
    {
        using var disk = SmallDisk.Mount(mebibytes: 24);
        await using var rig = new CrashRig(output);
        rig.Setup = OnSmallDisk(rig, disk, watermark: 0);
        using (var node = await IngestProcess.StartReadyAsync(rig.Setup))
        {
            rig.StartLoad();
            await rig.AcceptsAsync(node, requests: 200);
            await node.KillAsync();
        }
        disk.Fill();
        using var next = IngestProcess.Start(rig.Setup);
        await Poll.Until("what was acknowledged is delivered", () =>
            next.HasExited || DeliveredCount(rig.Output) >= rig.Journal.AcceptedEvents);
        Assert.False(next.HasExited, next.Output);
        rig.Inject();
        disk.Free();
        await rig.AcceptsAsync(next);
        var report = await rig.DrainAndJudgeAsync(next);

        Assert.True(report.IsClean, report.ToString());
    }

    /// <summary>What is delivered goes elsewhere: the room that runs out is the log's alone.</summary>
    private static IngestSetup OnSmallDisk(CrashRig rig, SmallDisk disk, int watermark)
    {
        var low = (watermark * 1024 * 1024).ToString(CultureInfo.InvariantCulture);
        return rig.Setup.With(
            ("Wal:SegmentBytes", "1048576"),
            ("Sinks:File:Directory", rig.Beside("out")),
            ("Health:DiskFreeLow", low),
            ("Health:DiskFreeHigh", low),
            ("Health:SampleInterval", "00:00:00.100"),
            ("Health:Dwell", "00:00:00")) with
        {
            Data = Path.Combine(disk.Path, "data"),
        };
    }

    private static IEnumerable<Attempt> Recent(CrashRig rig) =>
        rig.Journal.Attempts.Reverse().Where(attempt => attempt.Outcome != AttemptOutcome.Pending).Take(50);

    private static long DeliveredCount(string directory)
    {
        var count = 0L;
        foreach (var file in Directory.Exists(directory) ? Directory.GetFiles(directory, "*.ndjson", SearchOption.AllDirectories) : [])
        {
            count += File.ReadLines(file).LongCount();
        }
        return count;
    }
}
