using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>What a node is as a process: its signals, its lines, and what it does while nothing happens.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int User1 = 10;
    private const int User2 = 12;

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public async Task A_signal_in_the_first_moment_of_a_start_ends_the_node_in_order(int signal)
    {
        using var node = IngestProcess.Start(Setup());
        // Only the node itself handles this one: from then on its code runs.
        await Poll.Until("signals are handled", () => node.HasExited || Catches(node.Pid, User1));

        node.Send(signal);

        Assert.Equal(0, await node.ExitAsync());
        Assert.Contains("everything was delivered", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signals_that_mean_nothing_here_do_nothing()
    {
        using var node = await IngestProcess.StartReadyAsync(Setup());

        node.Send(User1);
        node.Send(User2);

        using var answer = await Http.PostAsJsonAsync(new Uri(node.Setup.Intake, "/v1/events"), 1, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task What_a_node_does_not_need_is_not_in_its_memory()
    {
        using var node = await IngestProcess.StartReadyAsync(Setup());
        using var answer = await Http.PostAsJsonAsync(new Uri(node.Setup.Intake, "/v1/events"), 1, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);

        var mapped = await File.ReadAllTextAsync($"/proc/{node.Pid}/maps", TestContext.Current.CancellationToken);

        Assert.Contains("libcoreclr", mapped, StringComparison.Ordinal);
        Assert.DoesNotContain("libcrypto", mapped, StringComparison.Ordinal);
        Assert.DoesNotContain("Quic", mapped, StringComparison.Ordinal);
        Assert.DoesNotContain("librdkafka", mapped, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set")]
    [InlineData("environment")]
    [InlineData("file")]
    public async Task Messages_are_JSON_one_a_line_where_the_settings_say_so(string source)
    {
        const string key = "Logging:Console:FormatterName";
        var setup = Setup();
        var file = _directory["node.json"];
        await File.WriteAllTextAsync(
            file, """{"Logging":{"Console":{"FormatterName":"json"}}}""", TestContext.Current.CancellationToken);
        setup = source switch
        {
            "set" => setup.With((key, "json")),
            "environment" => setup with
            {
                Environment = new Dictionary<string, string> { ["INGEST_Logging__Console__FormatterName"] = "json" },
            },
            _ => setup with { Config = file },
        };
        using var node = await IngestProcess.StartReadyAsync(setup);
        Assert.Equal(0, await node.StopAsync());

        var lines = node.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line =>
        {
            using var message = JsonDocument.Parse(line);
            Assert.True(message.RootElement.TryGetProperty("Message", out _), line);
        });
        Assert.Contains(lines, line => line.Contains("is ready: producers POST to", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("simple")]
    [InlineData("systemd")]
    public async Task Messages_show_what_a_receiver_answers_without_letting_it_turn_the_terminal(string formatter)
    {
        await using var downstream = await HttpDownstream.StartAsync();
        downstream.Answer = _ => new DownstreamAnswer(422, "{\"detail\":\"no\\u202Eesrever\"}");
        var setup = Setup() with { Sinks = ["http"] };
        using var node = await IngestProcess.StartReadyAsync(setup.With(
            ("Sinks:http:Url", downstream.Url.ToString()), ("Drain:Deadline", "1s"), ("Logging:Console:FormatterName", formatter)));
        using var client = new HttpClient();
        using var stored = await client.PostAsJsonAsync(new Uri(setup.Intake, "/v1/events"), 1, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, stored.StatusCode);

        await Poll.Until("the refusal is told", () => node.Output.Contains("esrever", StringComparison.Ordinal));
        Assert.Contains("no\\u202Eesrever", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', node.Output);
    }

    [Fact]
    public async Task A_first_start_does_not_speak_of_an_earlier_end()
    {
        using var node = await IngestProcess.StartReadyAsync(Setup());

        Assert.Contains("it is empty, and the next event has number 1.", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("clean shutdown", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_node_throws_nothing()
    {
        using var node = await IngestProcess.StartReadyAsync(Setup().With(("Metrics:Meters", "System.Runtime")));
        using var admin = new AdminClient(node.Setup);
        // What the first requests to it throw is over by then; counted is what goes on.
        var before = await ExceptionsAsync(admin);
        var since = TimeProvider.System.GetTimestamp();
        await Poll.Until("three seconds have passed", () => TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(3));

        Assert.InRange(await ExceptionsAsync(admin) - before, 0, 2);
    }

    private static async Task<double> ExceptionsAsync(AdminClient admin) => (await admin.MetricsAsync()).Split('\n')
        .Where(line => line.Split('{', ' ')[0] == "dotnet_exceptions_total")
        .Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));

    private IngestSetup Setup() =>
        new IngestSetup { Data = _directory["data"], Sinks = ["file"] }.With(("Drain:BalancerDelay", "0"));

    private static bool Catches(int pid, int signal)
    {
        try
        {
            const string caught = "SigCgt:";
            var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(caught, StringComparison.Ordinal));
            var mask = ulong.Parse(line[caught.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return (mask & (1UL << (signal - 1))) != 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
