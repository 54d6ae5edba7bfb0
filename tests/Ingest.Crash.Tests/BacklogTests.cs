using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>A backlog lives on disk: it costs neither memory nor time to start. Measured with no other test running.</summary>
[Collection(Alone.Name)]
public sealed class BacklogTests(ITestOutputHelper output)
{
    private const long ResidentBytesMax = 150_000_000;
    private const int Large = 1000;
    private const int StartsMax = 12;

    // Ten million events take their time.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ExtraMax = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LateMax = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Pending_events_cost_no_memory_and_are_delivered_when_the_sink_is_back()
    {
        await using var rig = new CrashRig(output);
        using var sink = new HeldSink(rig);
        var journal = rig.Beside("journal");
        using (var node = await IngestProcess.StartReadyAsync(rig.Setup))
        {
            var before = node.ResidentBytes;
            await VerifyAsync(
                "send", rig.Setup.Intake.GetLeftPart(UriPartial.Authority), "--journal", journal, "--events", Text(Scale.BacklogEvents),
                "--batch", "4000", "--size", "1", "--connections", "4");
            var after = node.ResidentBytes;
            output.WriteLine(
                $"{Scale.BacklogEvents:N0} events pending: resident {before / 1e6:N1} MB before, {after / 1e6:N1} MB after");
            Assert.Equal(0, sink.Delivered);
            Assert.True(after < ResidentBytesMax, $"{after:N0} bytes");
            await node.KillAsync();
        }
        sink.Release();
        using var next = await IngestProcess.StartReadyAsync(rig.Setup);
        Assert.Equal(0, await next.StopAsync(Patience));
        var verdict = await VerifyAsync("check", "--journal", journal, "--file", rig.Output, "--no-duplicates", "--settle", "1s");

        Assert.Contains($"\"arrived\":{Text(Scale.BacklogEvents)},", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_with_a_backlog_is_ready_in_about_a_second()
    {
        await using var rig = new CrashRig(output, Lines(batchEvents: 1000, Scale.BacklogBytes / Large), Large);
        using var sink = new HeldSink(rig);
        using (var node = await IngestProcess.StartReadyAsync(rig.Setup))
        {
            rig.StartLoad();
            await rig.LoadEndsAsync(node);
            await node.KillAsync();
        }
        var bytes = new DirectoryInfo(Path.Combine(rig.Setup.Data, "wal")).EnumerateFiles("*.wal").Sum(file => file.Length);
        // A machine busy with other things starts any node late at times: the shortest of a few starts counts, in turn with an empty log.
        var (took, empty) = (StartUp.Never, StartUp.Never);
        for (var start = 0; start < StartsMax && !IsInTime(); start++)
        {
            empty = empty.OrLess(await StartUpAsync(rig.Setup with { Data = rig.Beside("empty") }));
            took = took.OrLess(await StartUpAsync(rig.Setup));
        }
        var measured = $"{bytes / 1e9:N2} GB of log, {rig.Journal.AcceptedEvents:N0} events pending: ready after {took}, "
            + $"with an empty log {empty}";
        output.WriteLine(measured);
        Assert.True(IsInTime(), measured);

        // Where the processor is others' most of the time, what the node has had of it tells as much.
        bool IsInTime() => took.Time < ReadyMax
            || (took.Time < LateMax && took.Time < empty.Time + ExtraMax)
            || (took.Time < LateMax && took.Time < 2 * empty.Time && took.Processor < empty.Processor + ExtraMax);
    }

    private async Task<string> VerifyAsync(params string[] words)
    {
        var run = await CommandRun.RunAsync(Patience, ["verify", .. words, "--json"]);
        output.WriteLine(run.Output);
        Assert.True(run.ExitCode == 0, run.ToString());
        return run.Output;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static LoadShape Lines(int batchEvents, long events) =>
        new() { Connections = 4, BatchEventsMax = batchEvents, Percent = (0, 0, 0), EventsMax = events, Pace = TimeSpan.Zero };

    /// <summary>How long a start takes, ended by a kill.</summary>
    private static async Task<StartUp> StartUpAsync(IngestSetup setup)
    {
        using var node = IngestProcess.Start(setup);
        var took = new StartUp(await node.ReadyAsync(), node.ProcessorTime);
        await node.KillAsync();
        return took;
    }

    /// <param name="Time">Until it is ready.</param>
    /// <param name="Processor">What it has had of the processors by then.</param>
    private sealed record StartUp(TimeSpan Time, TimeSpan Processor)
    {
        internal static StartUp Never { get; } = new(TimeSpan.MaxValue, TimeSpan.MaxValue);

        internal StartUp OrLess(StartUp other) =>
            new(Time < other.Time ? Time : other.Time, Processor < other.Processor ? Processor : other.Processor);

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{Time.TotalMilliseconds:N0} ms, {Processor.TotalMilliseconds:N0} ms of processor time");
    }
}
