using System.CommandLine;
using Ingest.Events;
using Ingest.Hosting.Settings;
using Ingest.Worker.Bench;
using Ingest.Worker.Terminal;
using Spectre.Console;

namespace Ingest.Worker.Commands;

/// <summary><c>ingest bench</c>: how much a node takes, and how long it takes for it.</summary>
internal static class BenchCommand
{
    private const int BodyBytesMax = 16 * 1024 * 1024;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    internal static Command Create()
    {
        var command = new Command(
            "bench", "Send a node made-up events and measure its answers. The node stores and delivers them like any other.");
        var url = new Argument<string>("URL") { Description = "The node's intake, such as http://127.0.0.1:8080." };
        command.Add(url);
        var connections = Add(command, "--connections", "N", "Requests in flight at most. Default 16.", 16);
        var duration = Add(command, "--duration", "TIME", "How long, such as 30s. Default 10s.", "10s");
        var size = Add(command, "--size", "BYTES", "Bytes of an event, such as 1KiB. Default 200.", "200");
        var batch = Add(command, "--batch", "N", "Events in a request. Default 1.", 1);
        var rate = Add(
            command, "--rate", "N", "Requests a second, begun on time whether or not answers come. Default: as fast as answers come.", 0.0);
        var stream = Add(command, "--stream", "S", "The stream to send to. Default default.", StreamName.Default);
        var key = Add(command, "--key", "K", "What producers authenticate with. Default nothing.", "");
        var polite = new Option<bool>("--polite") { Description = "Wait as long as Retry-After says after a 429 or 503." };
        command.Add(polite);
        var json = JsonOption.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(
            new BenchPlan
            {
                Target = Target(parsed.GetRequiredValue(url), parsed.GetRequiredValue(stream)),
                Connections = Within("--connections", parsed.GetValue(connections), 1, 10_000),
                Duration = Time(parsed.GetRequiredValue(duration)),
                EventBytes = Bytes(parsed.GetRequiredValue(size)),
                BatchEvents = Within("--batch", parsed.GetValue(batch), 1, 10_000),
                Rate = parsed.GetValue(rate) is >= 0 and <= 1_000_000 and var each ? each : throw Wrong("--rate", "a number up to 1000000"),
                Polite = parsed.GetValue(polite),
                Key = parsed.GetRequiredValue(key),
            },
            parsed.GetValue(json),
            cancel));
        return command;
    }

    private static Option<T> Add<T>(Command command, string name, string help, string description, T otherwise)
    {
        var option = new Option<T>(name) { HelpName = help, Description = description, DefaultValueFactory = _ => otherwise };
        command.Add(option);
        return option;
    }

    private static async Task<int> RunAsync(BenchPlan plan, bool json, CancellationToken cancel)
    {
        if ((long)plan.EventBytes * plan.BatchEvents > BodyBytesMax)
        {
            throw new CommandFailure(ExitCode.Usage, "--size times --batch is more than 16 MiB a request.");
        }
        var run = new BenchRun(plan, TimeProvider.System);
        var tally = Screen.IsWatched ? await WatchAsync(run, plan, cancel) : await run.RunAsync(cancel);
        if (tally.Requests > 0 && tally.Requests == tally.Refused.GetValueOrDefault(BenchTally.NoAnswer))
        {
            var target = plan.Target.GetLeftPart(UriPartial.Authority);
            throw new CommandFailure(ExitCode.Unavailable, $"Nobody answers at {target}: {tally.FirstFailure}");
        }
        BenchView.Show(plan, run, tally, json);
        return tally.Refused.Count == 0 ? ExitCode.Fine : ExitCode.NotFine;
    }

    private static async Task<BenchTally> WatchAsync(BenchRun run, BenchPlan plan, CancellationToken cancel) =>
        await Screen.Error.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("Sending", maxValue: plan.Duration.TotalSeconds);
                var running = run.RunAsync(cancel);
                while (!running.IsCompleted)
                {
                    await Task.WhenAny(running, Task.Delay(ProgressInterval, TimeProvider.System, CancellationToken.None));
                    bar.Value = Math.Min(run.Elapsed.TotalSeconds, plan.Duration.TotalSeconds);
                    bar.Description = Markup.Escape($"{Say.Count(run.Answered, "request")}");
                }
                return await running;
            });

    private static Uri Target(string url, string stream)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new CommandFailure(ExitCode.Usage, $"'{url}' is no address: http://HOST:PORT is meant.");
        }
        if (!StreamName.IsValid(stream))
        {
            throw new CommandFailure(ExitCode.Usage, $"--stream '{stream}' is no stream's name.");
        }
        return uri.AbsolutePath == "/" ? new Uri(uri, $"/v1/streams/{stream}/events") : uri;
    }

    private static TimeSpan Time(string text) =>
        Duration.TryParse(text, out var time) && time >= TimeSpan.FromMilliseconds(100) && time <= TimeSpan.FromDays(1)
            ? time
            : throw Wrong("--duration", "a time from 100ms to 1d");

    private static int Bytes(string text) =>
        ByteSize.TryParse(text, out var bytes) && bytes is >= 1 and <= 1024 * 1024 ? (int)bytes : throw Wrong("--size", "1 to 1MiB");

    private static int Within(string flag, int value, int min, int max) =>
        value >= min && value <= max ? value : throw Wrong(flag, FormattableString.Invariant($"a number from {min} to {max}"));

    private static CommandFailure Wrong(string flag, string expected) => new(ExitCode.Usage, $"{flag} must be {expected}.");
}
