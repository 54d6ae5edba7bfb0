using Ingest.Abuse;
using Ingest.Abuse.Fuzz;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>The short form of <c>make abuse</c>.</summary>
public sealed class AbuseTests
{
    private const int FuzzRequests = 2000;

    // The same requests every time; make abuse takes others, and INGEST_SEED any.
    private const int UsualSeed = 7919;

    [Fact]
    public async Task What_nobody_should_send_costs_the_others_nothing()
    {
        using var run = new AbuseRun(isShort: true);

        var rows = await run.RunAsync(row => TestContext.Current.SendDiagnosticMessage(AbuseTable.Line(row)));

        var wrong = rows.Where(row => !row.IsAsExpected).Select(AbuseTable.Line).ToList();
        Assert.True(wrong.Count == 0, $"{string.Join('\n', wrong)}\n{run.Output}");
    }

    [Fact]
    public void Every_dialect_is_among_the_cases()
    {
        var settings = File.ReadLines(Path.Combine(SourceTree.Root, "docs", "configuration.md"));
        var dialects = settings.Where(line => line.StartsWith("| `Dialects:", StringComparison.Ordinal)).Select(line => line.Split(':')[1]);

        Assert.Equal(dialects.Distinct().Order(StringComparer.Ordinal), AbuseRun.Dialects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Mutated_requests_get_answers_that_are_true()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("INGEST_SEED"), out var given) ? given : UsualSeed;
        using var fuzz = new RequestFuzz(seed);

        var report = await fuzz.RunAsync(FuzzRequests);

        Assert.True(report.Broken.Count == 0, $"INGEST_SEED={seed}\n{string.Join('\n', report.Broken)}");
        Assert.True(report.Accepted > FuzzRequests / 20 && report.Outcomes.Count > 5, string.Join(", ", report.Outcomes));
    }
}
