using System.Text.RegularExpressions;

namespace Ingest.Tests.Architecture;

/// <summary>docs/loops.md names everything that runs beside requests, and nothing else.</summary>
public sealed partial class LoopTests
{
    private const string Page = "docs/loops.md";

    private static readonly string[] Rows =
        [.. Repository.Lines(Page).Select(line => Row().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    // By the file's name, which is the type's.
    private static readonly string[] Beginnings =
        [.. Repository.Files("src", ".cs").Concat(Repository.Files("wal", ".cs"))
            .Where(path => Repository.Lines(path).Any(BeginsSomething))
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Distinct()
            .Order(StringComparer.Ordinal)];

    [Fact]
    public void Everything_that_runs_by_itself_is_on_the_page()
    {
        Assert.NotEmpty(Beginnings);
        Assert.Empty(Beginnings.Except(Rows));
    }

    [Fact]
    public void Everything_on_the_page_runs()
    {
        Assert.Empty(Rows.Except(Beginnings));
        Assert.Equal(Rows.Length, Rows.Distinct().Count());
    }

    [Fact]
    public void Every_row_says_what_ends_it_who_is_told_what_health_says_and_what_SIGTERM_does()
    {
        var torn = Repository.Lines(Page)
            .Where(line => Row().IsMatch(line))
            .Where(line => line.Trim('|').Split('|') is var cells && (cells.Length != 6 || cells.Any(cell => cell.Trim().Length == 0)));
        Assert.Empty(torn);
    }

    [Theory]
    [InlineData("        _thread = new Thread(Run);", true)]
    [InlineData("    internal void Start() => _loop = Task.Run(RunAsync);", true)]
    [InlineData("        _ = LeaveAsync();", true)]
    [InlineData("    public void Hurry() => _ = lanes.DrainAsync(Timeout.InfiniteTimeSpan);", true)]
    [InlineData("            return answer.Question = RefreshAsync(answer, token);", true)]
    [InlineData("        _recovery = RecoverAsync(open);", true)]
    [InlineData("    : IHostedLifecycleService", true)]
    [InlineData("public sealed class Ticker : BackgroundService", true)]
    [InlineData("        using var timer = new PeriodicTimer(LookInterval, time);", true)]
    [InlineData("            _runners[lane] = new RequeueRunner(letters, lane).RunAsync(lanes, stop);", true)]
    [InlineData("            return await Task.Run(() => Append(records));", false)]
    [InlineData("            delivery.Ended = await caller.SendAsync(sink, batch);", false)]
    [InlineData("    // As Task.Run() does.", false)]
    [InlineData("        services.AddSingleton<IHostedService>(provider => New(provider));", false)]
    public void A_beginning_is_known_by_its_line(string line, bool isOne)
    {
        Assert.Equal(isOne, BeginsSomething(line));
    }

    private static bool BeginsSomething(string line) =>
        Beginning().IsMatch(line) && !Awaited().IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| `(\w+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex("""
        new\ Thread\( | Task\.Run\( | Task\.Factory\. | new\ Task< | \.ContinueWith\(
        | \bPeriodicTimer\( | new\ Timer\( | \bCreateTimer\( | QueueUserWorkItem\( | new\ FileSystemWatcher\(
        | PosixSignalRegistration\.Create\(
        | [:,]\ (BackgroundService|IHostedService|IHostedLifecycleService|IHostLifetime)\b
        | (^|=>)\s*(return\ )?(_|_\w+|\w+\.\w+|\w+\[\w+\])\ (\?\?)?=\ [\w.]*Async\(
        | ^\s*\w+\[\w+\]\ =\ new\ .*Async\(
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Beginning();

    [GeneratedRegex(@"\bawait\b.*(Async|Run)\(")]
    private static partial Regex Awaited();
}
