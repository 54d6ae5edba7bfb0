using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Operations.Attention;
using Ingest.Operations.Status;
using Ingest.Testing;
using Ingest.Worker.Commands.Doctor;

namespace Ingest.Worker.Tests.Operators;

public sealed class DoctorTests : IDisposable
{
    private static readonly string[] Everything =
    [
        "settings", "files", "file size", "memory", "kernel", "file system", "space", "flush", "direct writes", "clock", "log", "node",
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_looks_at_everything_also_where_no_node_runs_and_leaves_nothing_behind()
    {
        Directory.CreateDirectory(_directory["data"]);

        var report = await ReportAsync("--admin", "http://127.0.0.1:1");

        Assert.Equal(Everything, report.Checks.Select(check => check.Subject));
        Assert.Equal(Verdict.Skipped, report.Checks.Single(check => check.Subject == "node").Verdict);
        Assert.NotEqual(Verdict.Bad, report.Checks.Single(check => check.Subject == "flush").Verdict);
        Assert.Contains("half within", report.Checks.Single(check => check.Subject == "flush").Found, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory["data"]));
        var unwritten = await ReportAsync("--admin", "http://127.0.0.1:1", "--no-disk-test");
        Assert.Equal(Verdict.Skipped, unwritten.Checks.Single(check => check.Subject == "flush").Verdict);
    }

    [Fact]
    public async Task Of_a_running_node_it_tells_what_is_wrong_with_it_and_where_to_read_on()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", $"http://127.0.0.1:{FreePort.Next()}/"), ("Drain:BalancerDelay", "0"), ("Drain:Deadline", "0")));
        using var http = new HttpClient();
        using var stored = await http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, "/v1/events"), 1, TestContext.Current.CancellationToken);
        var admin = node.Setup.Admin.ToString();

        DoctorReport report = null!;
        await Poll.Until("the lane is seen to fail", async () => (report = await ReportAsync("--no-disk-test", "--admin", admin)).Checks
            .Any(check => check is { Subject: "lane", Verdict: Verdict.Warning }));

        var lane = report.Checks.Single(check => check.Subject == "lane");
        Assert.Contains("1 event pending", lane.Found, StringComparison.Ordinal);
        Assert.Contains("#ingestbreakeropen", lane.Advice, StringComparison.Ordinal);
        Assert.NotEmpty(lane.Reason);
        Assert.Contains(report.Checks, check => check is { Subject: "cursor" });

        (await Cli.RunAsync("drain", "--admin", admin)).Is(ExitCode.Fine);
        var drained = await Cli.RunAsync("doctor", "--no-disk-test", "--data", _directory["data"], "--admin", admin);
        Assert.Contains("Not ready: draining", drained.Is(ExitCode.NotFine, "BAD   node").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_are_bad_and_end_with_1()
    {
        var result = await Cli.RunAsync("doctor", "--no-disk-test", "--data", _directory["data"], "--set", "Wal:SegmentBytes=5");

        Assert.Contains("Wal:SegmentBytes", result.Is(ExitCode.NotFine, "BAD   settings").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 1000, Verdict.Good)]
    [InlineData(65536L, 100_000, Verdict.Good)]
    [InlineData(1024L, 10_000, Verdict.Warning)]
    [InlineData(256L, 10_000, Verdict.Bad)]
    public void Open_files_are_judged_by_what_connections_need(long? limit, long connections, object verdict)
    {
        Assert.Equal(verdict, LimitsCheck.Files(limit, connections).Verdict);
    }

    [Theory]
    [InlineData("ext4", Verdict.Good)]
    [InlineData("xfs", Verdict.Good)]
    [InlineData("tmpfs", Verdict.Bad)]
    [InlineData("nfs4", Verdict.Warning)]
    [InlineData("overlay", Verdict.Warning)]
    public void A_file_system_is_judged_by_what_it_keeps(string format, object verdict)
    {
        Assert.Equal(verdict, DiskCheck.Kind(format, "/data").Verdict);
    }

    [Theory]
    [InlineData(100, 1000, 64, Verdict.Bad)]
    [InlineData(500, 1000, 2000, Verdict.Warning)]
    [InlineData(500, 1000, 900, Verdict.Good)]
    public void Space_is_judged_by_what_the_log_may_take(long free, long total, long log, object verdict)
    {
        Assert.Equal(verdict, DiskCheck.Space(free, total, log, wanted: 256).Verdict);
    }

    [Theory]
    [InlineData(0.2, 1, Verdict.Good)]
    [InlineData(0.2, 150, Verdict.Warning)]
    [InlineData(20, 21, Verdict.Warning)]
    public void Flushes_are_judged_by_the_usual_and_the_worst(double usual, double worst, object verdict)
    {
        List<TimeSpan> took =
        [
            .. Enumerable.Repeat(TimeSpan.FromMilliseconds(usual), 90), .. Enumerable.Repeat(TimeSpan.FromMilliseconds(worst), 10),
        ];
        Assert.Equal(verdict, DiskCheck.Flushes(took).Verdict);
    }

    [Theory]
    [InlineData(true, 5, Verdict.Good)]
    [InlineData(true, 5000, Verdict.Warning)]
    [InlineData(false, 5, Verdict.Warning)]
    public void A_clock_is_judged_by_what_sets_it(bool isSynchronized, int errorMs, object verdict)
    {
        Assert.Equal(verdict, ClockCheck.Judge(isSynchronized, TimeSpan.FromMilliseconds(errorMs)).Verdict);
    }

    [Theory]
    [InlineData("lane_slow", "warning", Verdict.Warning, "ingestwindowatone")]
    [InlineData("backlog_old", "bad", Verdict.Bad, "ingestbacklogold")]
    public void Dead_letters_of_the_past_hide_nothing_that_the_strip_says_of_a_lane(
        string code, string severity, object verdict, string section)
    {
        AttentionItem[] items = [Item("events_parked", "warning", "parked-events"), Item(code, severity, section)];

        var judged = NodeCheck.Judge(Lane(), severity == "bad" ? items : items[1..]);

        Assert.Equal((verdict, $"docs/operating.md#{section}"), (judged.Verdict, judged.Advice));
        Assert.Contains("dead letters", NodeCheck.Judge(Lane(), []).Advice, StringComparison.Ordinal);
    }

    private static AttentionItem Item(string code, string severity, string section) =>
        new(code, "kafka", severity, "Something is wrong.", default, "", null, $"docs/operating.md#{section}");

    private static LaneView Lane() => new()
    {
        Name = "kafka",
        Kind = "kafka",
        State = "delivering",
        Reason = "",
        Settled = 10,
        Saved = 10,
        PendingEvents = 5,
        ParkedEvents = 0,
        LagSeconds = 100,
        InFlightBatches = 1,
        InFlightEvents = 5,
        Window = 1,
        WindowMax = 8,
        SlowStartThreshold = 8,
        Breaker = "closed",
        RoundTripMs = 1,
        Attempts = new Dictionary<string, long>(),
        Sum = new LaneSum(15, 0, 7, 3, 0, 5, Balanced: true),
        Repeated = 0,
    };

    private async Task<DoctorReport> ReportAsync(params string[] words)
    {
        var result = await Cli.RunAsync(["doctor", "--json", "--data", _directory["data"], .. words]);
        return JsonSerializer.Deserialize(result.Output, DoctorJson.Default.DoctorReport)!;
    }
}
