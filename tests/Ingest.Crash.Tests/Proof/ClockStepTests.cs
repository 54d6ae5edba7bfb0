using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Proof;

/// <summary>The wall clock steps back and forth under load and across kills: numbers, order and delivery go by no clock.</summary>
public sealed class ClockStepTests(ITestOutputHelper output)
{
    private const int HoursMost = 72;

    private static readonly string? Library = new[]
    {
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    }.FirstOrDefault(File.Exists);

    [Fact]
    public async Task A_clock_that_steps_by_days_loses_doubles_and_reorders_nothing()
    {
        if (Library is null)
        {
            Assert.Skip("libfaketime is not installed (Debian: libfaketime).");
        }
        await using var rig = new CrashRig(output);
        var offset = rig.Beside("offset");
        await File.WriteAllTextAsync(offset, "+0s", TestContext.Current.CancellationToken);
        rig.Setup = rig.Setup with
        {
            Environment = new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = Library,
                ["FAKETIME_TIMESTAMP_FILE"] = offset,
                ["FAKETIME_NO_CACHE"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            },
        };
        rig.StartLoad();
        for (var step = 0; step < Scale.ClockRounds; step++)
        {
            using var node = await IngestProcess.StartReadyAsync(rig.Setup);
            await rig.AcceptsAsync(node, 20);
            await StepAsync(rig, offset);
            await rig.AcceptsAsync(node, 20);
            await StepAsync(rig, offset);
            await node.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(rig.Setup);
        await rig.AcceptsAsync(last);
        var report = await rig.DrainAndJudgeAsync(last);

        Assert.True(report.IsClean, report.ToString());
    }

    // Replaced whole: the node reads it at any moment.
    private static async Task StepAsync(CrashRig rig, string offset)
    {
        var hours = rig.Random.Next(-HoursMost, HoursMost);
        await File.WriteAllTextAsync(
            offset + ".new", string.Create(CultureInfo.InvariantCulture, $"{hours * 3600:+0;-0}s"), TestContext.Current.CancellationToken);
        rig.Inject();
        File.Move(offset + ".new", offset, overwrite: true);
    }
}
