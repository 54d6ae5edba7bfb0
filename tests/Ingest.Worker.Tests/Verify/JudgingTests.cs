using System.Globalization;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Verify;

/// <summary>The verdict over journals and outputs written by hand: each fault is found, and what is allowed is none.</summary>
public sealed class JudgingTests : IDisposable
{
    private const string Run = "0123456789abcdef0123456789abcdef";
    private const string Head = $"ingest-verify 1 {Run}\n";

    // Two events of key 0, each answered with 202.
    private const string Two = Head + "> 0 1 1\n< 0 1 1 202 \n> 0 2 1\n< 0 2 1 202 \n";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("clean", Two, "0.1 0.2", "")]
    [InlineData("an acknowledged event is missing", Two, "0.1", "lost")]
    [InlineData("a number that was never sent", Two, "0.1 0.2 0.3", "unexpected")]
    [InlineData("a key that was never sent", Two, "0.1 0.2 7.1", "unexpected")]
    [InlineData("an event that is not as it was sent", Two, "0.1 0.2!", "lost unexpected")]
    [InlineData("two of a key the wrong way round", Two, "0.2 0.1", "outOfOrder")]
    [InlineData("an event once more is allowed", Two, "0.1 0.2 0.1", "")]
    [InlineData("a refused event is there", Head + "> 0 1 1\n< 0 1 1 400 malformed_json\n", "0.1", "unexpected")]
    [InlineData("a refused event is not there", Head + "> 0 1 1\n< 0 1 1 400 malformed_json\n", "", "")]
    [InlineData("without an answer it may be there", Head + "> 0 1 1\n< 0 1 1 0 reset\n", "0.1", "")]
    [InlineData("without an answer it may not be there", Head + "> 0 1 1\n< 0 1 1 0 reset\n", "", "")]
    [InlineData("a 5xx leaves it open", Head + "> 0 1 1\n< 0 1 1 503 log_failed\n", "0.1", "")]
    [InlineData("refused after an attempt without an answer", Head + "> 0 1 1\n< 0 1 1 0 reset\n> 0 1 1\n< 0 1 1 429 x\n", "0.1", "")]
    [InlineData("accepted after an attempt without an answer", Head + "> 0 1 1\n< 0 1 1 0 reset\n> 0 1 1\n< 0 1 1 202 \n", "", "lost")]
    [InlineData("a killed sender's last intent", Head + "> 0 1 3\n", "0.1 0.2", "")]
    [InlineData("a killed sender's last line", Two + "> 0 3 1\n< 0 3 1 2", "0.1 0.2", "")]
    [InlineData("without a 202 there is no place in the order", Head + "> 0 1 1\n> 0 2 1\n< 0 2 1 202 \n", "0.2 0.1", "")]
    [InlineData("keys have no order between them", Head + "> 0 1 1\n< 0 1 1 202 \n> 1 1 1\n< 1 1 1 202 \n", "1.1 0.1", "")]
    public async Task Each_fault_is_found_and_what_is_allowed_is_none(string what, string journal, string sink, string findings)
    {
        Write(journal, sink);

        var result = await CheckAsync("--json");

        using var report = JsonDocument.Parse(result.Is(findings.Length > 0 ? ExitCode.NotFine : ExitCode.Fine).Output);
        var found = new[] { "lost", "outOfOrder", "unexpected" }.Where(name => report.RootElement.GetProperty(name).GetInt64() > 0);
        Assert.True(string.Join(' ', found) == findings, $"{what}\n{result.All}");
        Assert.All(found, name => Assert.NotEqual("", report.RootElement.GetProperty("first").GetProperty(name)[0].GetString()));
    }

    [Fact]
    public async Task Duplicates_are_counted_and_are_broken_promises_on_demand_alone()
    {
        Write(Two, "0.1 0.2 0.1 0.1");

        (await CheckAsync()).Is(ExitCode.Fine, "duplicated: key verify-0 number 1 again in verify/1.ndjson");
        var strict = (await CheckAsync("--no-duplicates", "--json")).Is(ExitCode.NotFine, "\"duplicated\":2");
        Assert.Contains("\"lost\":0", strict.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_others_sent_is_passed_over_and_counted()
    {
        Write(Two, "0.1 0.2");
        var other = Line("0.1").Replace(Run, new string('f', 32), StringComparison.Ordinal);
        await File.AppendAllTextAsync(_directory["out/verify/1.ndjson"], other + "{\"seq\":9,\"data\":7}\n", Cancel);

        (await CheckAsync("--json")).Is(ExitCode.Fine, "\"foreign\":2");
    }

    [Fact]
    public async Task A_line_that_is_being_written_is_none_yet()
    {
        Write(Two, "0.1 0.2");
        var path = _directory["out/verify/1.ndjson"];
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path, Cancel))[..^1], Cancel);

        (await CheckAsync("--json")).Is(ExitCode.NotFine, "\"lost\":1");
    }

    [Fact]
    public async Task Files_are_read_by_generation_and_number()
    {
        Write(Head + "> 0 1 3\n< 0 1 3 202 \n", "");
        foreach (var (name, sink) in new[] { ("9", "0.1"), ("10", "0.2 0.3"), ("1-1", "0.1 0.2") })
        {
            await File.WriteAllTextAsync(_directory[$"out/verify/{name}.ndjson"], string.Concat(sink.Split(' ').Select(Line)), Cancel);
        }

        (await CheckAsync("--json")).Is(ExitCode.Fine, "\"duplicated\":2");
    }

    [Theory]
    [InlineData("", "is empty: nothing was sent")]
    [InlineData("ingest-verif", "is empty: nothing was sent")]
    [InlineData(Head, "is empty: nothing was sent")]
    [InlineData("ingest-verify 2 " + Run + " more\n* 1\n", "was written by a newer build (version 2; this build reads 1)")]
    [InlineData("not a journal\n", "is no journal of `ingest verify`")]
    [InlineData(Head + "> 0 1 1\n< 0 one 1 202 \n", "Line 3 of ")]
    [InlineData(Head + "> 0 1 9999999999\n", "Line 2 of ")]
    public async Task A_journal_that_cannot_be_read_is_said_plainly(string journal, string error)
    {
        Write(journal, "");

        (await CheckAsync()).Is(ExitCode.Unavailable, error: error);
    }

    [Theory]
    [InlineData("one of --file DIR, --kafka BROKERS and --http URL")]
    [InlineData("one of --file DIR, --kafka BROKERS and --http URL", "--file", "out", "--kafka", "127.0.0.1:1")]
    [InlineData("--http 'somewhere' must be http://HOST:PORT", "--http", "somewhere")]
    [InlineData("The Kafka client refuses an --option", "--kafka", "127.0.0.1:1", "--option", "no.such.thing=1")]
    public async Task What_makes_no_sense_is_said_plainly(string error, params string[] words)
    {
        Write(Two, "");

        (await Cli.RunAsync(["verify", "check", "--journal", _directory["journal"], .. words])).Is(ExitCode.Usage, error: error);
    }

    [Theory]
    [InlineData("There is no directory", "--file", "/nowhere")]
    [InlineData("Topic verify could not be read to its end", "--kafka", "127.0.0.1:1")]
    [InlineData("Nobody has delivered anything to http://127.0.0.1:", "--http", "http://127.0.0.1:PORT")]
    public async Task A_sink_that_cannot_be_reached_is_no_loss(string error, params string[] words)
    {
        Write(Two, "");
        var port = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        var result = await Cli.RunAsync(
        [
            "verify", "check", "--journal", _directory["journal"], "--settle", "100ms",
            .. words.Select(word => word.Replace("PORT", port, StringComparison.Ordinal)),
        ]);

        result.Is(ExitCode.Unavailable, error: error);
    }

    private Task<CliResult> CheckAsync(params string[] more) => Cli.RunAsync(
        ["verify", "check", "--journal", _directory["journal"], "--file", _directory["out"], "--settle", "100ms", .. more]);

    private void Write(string journal, string sink)
    {
        Directory.CreateDirectory(_directory["journal"]);
        Directory.CreateDirectory(_directory["out/verify"]);
        File.WriteAllText(_directory["journal/journal"], journal);
        File.WriteAllText(
            _directory["out/verify/1.ndjson"], string.Concat(sink.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Line)));
    }

    // KEY.NUMBER; with ! a byte of it is another.
    private static string Line(string identity)
    {
        var padding = identity.EndsWith('!') ? "xxxy" : "xxxx";
        return $"{{\"seq\":1,\"data\":{{\"ingest-verify\":\"{Run}.{identity.TrimEnd('!')}.4\",\"padding\":\"{padding}\"}}}}\n";
    }
}
