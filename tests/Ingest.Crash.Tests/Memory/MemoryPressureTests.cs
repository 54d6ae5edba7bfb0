using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;
using Ingest.Tests.Health.Memory;

namespace Ingest.Crash.Tests.Memory;

/// <summary>
/// The real node in a control group with little memory: what its log leaves in the page cache flips nothing; a load that fills its memory
/// flips it once, and once back. <c>make cgroup</c> runs it with 2 GB through the log and draws docs/memory.svg.
/// </summary>
[Collection(Alone.Name)]
public sealed class MemoryPressureTests(ITestOutputHelper output)
{
    private const long Mega = 1024 * 1024;
    private const long Limit = 256 * Mega;
    private const int PaddingBytes = 20_000;
    private const int UploadsMax = 15_000;
    private const int UploadsAtOnce = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_load_that_fills_its_memory_flips_health_once_and_page_cache_does_not()
    {
        await using var group = LimitedGroup.TryCreate(Limit, out var reason);
        Assert.SkipWhen(group is null, reason);
        await using var rig = new CrashRig(
            output, new LoadShape { Connections = 2, Percent = (100, 0, 0), Pause = TimeSpan.FromMilliseconds(20) }, PaddingBytes);
        rig.Setup = Small(rig.Setup, group);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        using var trace = new MemoryTrace(node, group, rig.Journal) { Phase = "page cache" };
        using var uploads = new SlowUploads(rig.Setup.IntakePort, rig.Journal);
        var watching = trace.RunAsync();

        await FillCacheAsync(rig);
        Assert.Equal(0, Flips(trace.Looks));
        Assert.True(trace.Looks.Max(look => look.Charged) > Limit * 8 / 10, "The page cache did not fill the group.");
        rig.StartLoad();
        await DriveUpAsync(trace, uploads);
        await BringBackAsync(trace, uploads);
        await rig.AcceptsAsync(node, requests: 50);
        trace.Stop();
        await watching;
        var report = await rig.DrainAndJudgeAsync(node);

        Report(trace.Looks, group);
        Assert.Equal(2, Flips(trace.Looks));
        Assert.Equal((1, 1), (Times(node.Output, "Memory is failing"), Times(node.Output, "Memory is good again")));
        Assert.Equal(0, group.Killed);
        Assert.True(report.IsClean, report.ToString());
        Assert.Contains(rig.Journal.Attempts, attempt => attempt.Code == "memory_pressure" && attempt.HasRetryAfter);
        MemoryChart.Write(trace.Looks, Limit);
    }

    /// <summary>In the group from its first instruction on: the runtime asks for its limit once, at the start.</summary>
    private static IngestSetup Small(IngestSetup setup, LimitedGroup group) =>
        setup.With(
            ("Wal:SegmentBytes", "16MiB"),
            ("Health:SampleInterval", "250ms"),
            ("Health:Dwell", "1s"),
            ("Health:MemoryRecheck", "10s"),
            ("Intake:BodyDeadline", "5m"),
            ("Listen:BodyRateMin", "1")) with
        {
            Wrapper = ["/bin/sh", "-c", "echo $$ > \"$0\" && \"$@\"; exit $?", group.Processes],
        };

    // Batches of some 400 KB through log and output: both stay in the page cache for as long as the kernel likes.
    private static async Task FillCacheAsync(CrashRig rig)
    {
        var shape = new LoadShape
        {
            Connections = 4,
            BatchEventsMax = 40,
            Pace = TimeSpan.Zero,
            Percent = (0, 0, 0),
            EventsMax = Scale.CacheBytes / PaddingBytes,
        };
        await new LoadClient(rig.Setup.IntakePort, rig.Journal, shape, rig.Seed).RunAsync(CancellationToken.None);
    }

    private static async Task DriveUpAsync(MemoryTrace trace, SlowUploads uploads)
    {
        trace.Phase = "slow uploads";
        await Poll.Until(
            "memory is failing",
            async () =>
            {
                if (trace.Last is { Ready: true } && uploads.Count < UploadsMax)
                {
                    await uploads.HoldAsync(UploadsAtOnce);
                }
                return trace.Last is { Ready: false };
            },
            Patience);
        // The dwell and more: it stays so, it does not flicker.
        var until = trace.Last!.Seconds + 3;
        trace.Phase = "held";
        await Poll.Until("it was watched while failing", () => trace.Last!.Seconds > until, Patience);
    }

    private static async Task BringBackAsync(MemoryTrace trace, SlowUploads uploads)
    {
        trace.Phase = "released";
        await uploads.FinishAsync();
        await Poll.Until("memory is good again", () => trace.Last is { Ready: true }, Patience);
        var until = trace.Last!.Seconds + 3;
        await Poll.Until("it was watched afterwards", () => trace.Last!.Seconds > until, Patience);
    }

    private static int Flips(IReadOnlyList<MemoryLook> looks) =>
        looks.Zip(looks.Skip(1)).Count(pair => pair.First.Ready != pair.Second.Ready);

    private static int Times(string log, string message) => log.Split(message).Length - 1;

    private void Report(IReadOnlyList<MemoryLook> looks, LimitedGroup group)
    {
        foreach (var phase in looks.GroupBy(look => look.Phase))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{phase.Key,-13} {phase.First().Seconds,5:F1}–{phase.Last().Seconds,5:F1} s: charged up to "
                + $"{phase.Max(look => look.Charged) / Mega} MiB of {Limit / Mega}, "
                + $"own up to {phase.Max(look => look.Anonymous) / Mega} MiB, "
                + $"ratio up to {phase.Max(look => look.Ratio):P0}; ready in {phase.Count(look => look.Ready)} of {phase.Count()} looks; "
                + $"202: {phase.Sum(look => look.Accepted)}, shed: {phase.Sum(look => look.Shed)}"));
        }
        output.WriteLine($"flips {Flips(looks)}, killed by the kernel {group.Killed}");
    }
}
