using System.Text.Json;
using Ingest.Hosting.Settings;
using Ingest.Testing;
using Ingest.Worker.Commands.Config;

namespace Ingest.Worker.Tests;

public sealed class ConfigTests
{
    [Fact]
    public async Task Settings_that_are_fine_are_said_to_be()
    {
        (await Cli.RunAsync("config", "check", "--set", "Wal:SegmentBytes=1MiB", "--data", "/x"))
            .Is(ExitCode.Fine, "The settings are fine: 2 of ");
    }

    [Fact]
    public async Task What_is_wrong_is_one_line_each_with_key_value_source_and_range()
    {
        var result = await Cli.RunAsync(
            [("INGEST_Queue__DepthItems", "1")], ["config", "check", "--set", "Wal:SegmentByte=1", "--set", "Drain:Deadline=30"]);

        result.Is(ExitCode.NotFine);
        Assert.Equal(
            [
                "Drain:Deadline = '30' (--set): must be a duration such as 250ms, 5s, 2m, 1h, 7d or 00:00:05, 0 to 1d.",
                "Queue:DepthItems = '1' (environment INGEST_Queue__DepthItems): must be 16 to 1048576.",
                "Wal:SegmentByte = '1' (--set): there is no such key; did you mean Wal:SegmentBytes?",
            ],
            result.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_a_sink_refuses_is_no_defect_but_a_setting()
    {
        using var directory = new TemporaryDirectory();
        string[] sink = ["--data", directory["data"], "--sink", "kafka", "--set", "Sinks:kafka:BootstrapServers=127.0.0.1:1"];
        var check = await Cli.RunAsync(
            ["config", "check", .. sink, "--set", "Sinks:kafka:SecurityProtocol=tls", "--set", "Sinks:kafka:Options:no.such.thing=1"]);
        check.Is(ExitCode.NotFine, "Sinks:kafka:SecurityProtocol = 'tls' (--set): must be one of");
        Assert.Contains("Sinks:kafka:Options:no.such.thing", check.Output, StringComparison.Ordinal);
        var serve = await Cli.RunAsync(["serve", .. sink, "--set", "Sinks:kafka:Compression=rar"]);
        serve.Is(ExitCode.NotFine, error: "Sinks:kafka:Compression = 'rar' (--set): must be one of");
    }

    [Fact]
    public async Task What_would_only_fail_later_is_found_as_well()
    {
        var result = await Cli.RunAsync(
            "config", "check", "--data", "", "--set", "Listen:Protocols=Http3", "--set", "Logging:LogLevel:Default=Loud",
            "--set", "Logging:Console:FormatterName=xml");

        result.Is(ExitCode.NotFine);
        Assert.Equal(
            [
                "Data = '' (--data): must name a directory.",
                "Listen:Protocols = 'Http3' (--set): must be one of Http1, Http2, Http1AndHttp2.",
                "Logging:Console:FormatterName = 'xml' (--set): must be one of simple, json, systemd.",
                "Logging:LogLevel:Default = 'Loud' (--set): must be one of Trace, Debug, Information, Warning, Error, Critical, None.",
            ],
            result.Output.TrimEnd().Split('\n'));
        (await Cli.RunAsync("config", "check", "--set", "Listen:Protocols=http2", "--set", "Logging:LogLevel:Default=debug"))
            .Is(ExitCode.Fine);
    }

    [Fact]
    public async Task Files_that_a_sink_names_are_looked_at()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["short"], "fifteen-bytes-x\n", TestContext.Current.CancellationToken);

        await CheckAsync("BearerFile", directory["nothing"], "there is no such file.");
        await CheckAsync("SigningFile", directory["short"], "fewer than 16 bytes");
        await CheckAsync("TrustPath", directory["nothing"], "there is no such file.");
        await CheckAsync("CertificatePath", directory["short"], "");

        async Task CheckAsync(string key, string path, string problem) => (await Cli.RunAsync(
                "config", "check", "--sink", "http", "--set", "Sinks:http:Url=https://localhost/", "--set", $"Sinks:http:{key}={path}"))
            .Is(ExitCode.NotFine, $"Sinks:http:{key}").Is(ExitCode.NotFine, path).Is(ExitCode.NotFine, problem);
    }

    [Fact]
    public async Task A_script_gets_the_same_as_JSON()
    {
        var wrong = (await Cli.RunAsync("config", "check", "--json", "--set", "Wal:SegmentBytes=1")).Is(ExitCode.NotFine);
        using var errors = JsonDocument.Parse(wrong.Output);
        Assert.Equal("Wal:SegmentBytes", errors.RootElement[0].GetProperty("key").GetString());

        var shown = (await Cli.RunAsync("config", "show", "--json", "--set", "Admin:Token=0123456789abcdef")).Is(ExitCode.Fine);
        using var keys = JsonDocument.Parse(shown.Output);
        var token = keys.RootElement.EnumerateArray().Single(key => key.GetProperty("key").GetString() == "Admin:Token");
        Assert.Equal("****", token.GetProperty("value").GetString());
        Assert.Equal("--set", token.GetProperty("source").GetString());
        Assert.DoesNotContain("0123456789abcdef", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_of_a_sink_are_shown_by_name_and_never_by_value()
    {
        string[] sink = ["--sink", "north", "--set", "Sinks:north:Kind=http", "--set", "Sinks:north:Url=http://127.0.0.1:1/"];
        var shown = (await Cli.RunAsync(
            ["config", "show", .. sink, "--set", "Sinks:north:Headers:X-Api=s3cr3t", "--set", "Sinks:north:Headers:X-Tenant=t3nant"]))
            .Is(ExitCode.Fine, "X-Api=****, X-Tenant=****");
        Assert.DoesNotContain("s3cr3t", shown.Output, StringComparison.Ordinal);
        var check = (await Cli.RunAsync(["config", "check", .. sink, "--set", "Sinks:north:Headers:Host=s3cr3t"]))
            .Is(ExitCode.NotFine, "Headers:Host is set by the sink itself");
        Assert.DoesNotContain("s3cr3t", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_come_from_where_the_order_of_precedence_says()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(
            directory["own.json"],
            """{ "Wal": { "SegmentBytes": "2MiB", "SegmentsAhead": 3 }, "Deliver": "discard" } // ours""",
            TestContext.Current.CancellationToken);

        var result = await Cli.RunAsync(
            [("INGEST_Wal__SegmentsAhead", "4")],
            [
                "config", "show", "--changed", "--config", directory["own.json"],
                "--set", "Wal:BytesMax=100GiB", "--intake", "http://127.0.0.1:1",
            ]);

        result.Is(ExitCode.Fine);
        var lines = result.Output.Split('\n')
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Contains($"Deliver discard file {directory["own.json"]}", lines);
        Assert.Contains($"Wal:SegmentBytes 2MiB file {directory["own.json"]} 1MiB to 1GiB", lines);
        Assert.Contains("Wal:SegmentsAhead 4 environment INGEST_Wal__SegmentsAhead 1 to 16", lines);
        Assert.Contains("Wal:BytesMax 100GiB --set 64MiB to 1PiB", lines);
        Assert.Contains("Listen:Intake http://127.0.0.1:1 --intake", lines);
    }

    [Fact]
    public async Task Every_key_printed_can_be_set_to_what_was_printed()
    {
        var shown = (await Cli.RunAsync("config", "show", "--json")).Is(ExitCode.Fine);
        using var keys = JsonDocument.Parse(shown.Output);
        var assignments = keys.RootElement.EnumerateArray()
            .Where(key => key.GetProperty("value").GetString()!.Length > 0)
            .SelectMany(key => new[] { "--set", $"{key.GetProperty("key").GetString()}={key.GetProperty("value").GetString()}" });

        (await Cli.RunAsync(["config", "check", .. assignments])).Is(ExitCode.Fine);
    }

    [Fact]
    public void The_page_about_the_settings_is_the_one_the_executable_prints()
    {
        var path = Path.Combine(SourceTree.Root, "docs", "configuration.md");
        var written = ConfigDocument.Write(NodeSections.All, Configuration.SinkKinds);
        if (Environment.GetEnvironmentVariable("APPROVE") == "1")
        {
            File.WriteAllText(path, written);
        }

        Assert.True(File.ReadAllText(path) == written, "Run `ingest config document > docs/configuration.md`.");
    }
}
