using System.CommandLine;
using System.Diagnostics;
using Ingest.Events;
using Ingest.Hosting.Settings.Values;
using Ingest.Worker.Bench;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;
using Spectre.Console;

namespace Ingest.Worker.Commands.Bench;

/// <summary><c>ingest bench</c>: how much a node takes, and how long it takes for it.</summary>
internal static class BenchCommand
{
    private const int EventBytesMax = 1024 * 1024;
    private const int BodyBytesMax = 16 * 1024 * 1024;

    // 0 is none; and the second request of 1e-300 a second is due at a time that nothing can hold.
    private const double RateMin = 0.001;
    private const double RateMax = 1_000_000;

    private static readonly TimeSpan DurationMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DurationMax = TimeSpan.FromDays(1);

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    internal static Command Create()
    {
        var command = new Command(
            "bench", "Send a node made-up events and measure its answers. The node stores and delivers them like any other.");
        var url = new Argument<string>("URL") { Description = "The node's intake, such as http://127.0.0.1:8080." }
            .Must("http://HOST:PORT", text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");
        command.Add(url);
        var connections = Add(command, "--connections", "N", "Requests in flight at most. Default 16.", 16).Within(1, 10_000);
        var duration = Add(command, "--duration", "TIME", "How long, such as 30s. Default 10s.", "10s").Within(DurationMin, DurationMax);
        var size = Add(command, "--size", "BYTES", "Bytes of an event, such as 1KiB. Default 200.", "200")
            .Must(
                "a size from 1 to 1MiB, such as 1KiB",
                text => ByteSize.TryParse(text, out var bytes) && bytes is >= 1 and <= EventBytesMax);
        var batch = Add(command, "--batch", "N", "Events in a request. Default 1.", 1).Within(1, 10_000);
        var rate = Add<double?>(
            command, "--rate", "N", "Requests a second, begun on time whether or not answers come. Default: as fast as answers come.", null)
            .Within(RateMin, RateMax);
        var stream = Add(command, "--stream", "S", "The stream to send to. Default default.", StreamName.Default).IsStream();
        var key = Add(command, "--key", "K", "What producers authenticate with. Default nothing.", "");
        var polite = new Option<bool>("--polite") { Description = "Wait as long as Retry-After says after a 429 or 503." };
        command.Add(polite);
        var output = OutputOption.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(
            new BenchPlan
            {
                Target = Target(parsed.GetRequiredValue(url), parsed.GetRequiredValue(stream)),
                Connections = parsed.GetValue(connections),
                Duration = Time(parsed.GetRequiredValue(duration)),
                EventBytes = Bytes(parsed.GetRequiredValue(size)),
                BatchEvents = parsed.GetValue(batch),
                Rate = parsed.GetValue(rate) ?? 0,
                Polite = parsed.GetValue(polite),
                Key = parsed.GetRequiredValue(key),
            },
            output.Read(parsed),
            cancel));
        return command;
    }

    private static Option<T> Add<T>(Command command, string name, string help, string description, T otherwise)
    {
        var option = new Option<T>(name) { HelpName = help, Description = description, DefaultValueFactory = _ => otherwise };
        command.Add(option);
        return option;
    }

    private static async Task<int> RunAsync(BenchPlan plan, Printing printing, CancellationToken cancel)
    {
        if ((long)plan.EventBytes * plan.BatchEvents > BodyBytesMax)
        {
            throw new CommandFailure(ExitCode.Usage, "--size times --batch is more than 16 MiB a request.");
        }
        var run = new BenchRun(plan, TimeProvider.System);
        var tally = Screen.IsWatched ? await WatchAsync(run, plan, cancel) : await run.RunAsync(cancel);
        if (tally.Requests == tally.Refused.GetValueOrDefault(BenchTally.NoAnswer))
        {
            var target = plan.Target.GetLeftPart(UriPartial.Authority);
            var why = tally.Requests > 0 ? tally.FirstFailure : $"no answer came within {Humanize.Seconds(run.Took.TotalSeconds)}.";
            throw new CommandFailure(ExitCode.Unavailable, $"Nobody answers at {target}: {why}");
        }
        BenchView.Show(plan, run, tally, printing);
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
                    var rate = (long)(run.Answered / Math.Max(run.Elapsed.TotalSeconds, 0.001));
                    bar.Description = $"{Humanize.Count(run.Answered, "request")}, {Humanize.Count(rate)}/s";
                }
                return await running;
            });

    private static Uri Target(string url, string stream)
    {
        var uri = new Uri(url);
        return uri.AbsolutePath == "/" ? new Uri(uri, $"/v1/streams/{stream}/events") : uri;
    }

    // The parser let only these through.
    private static TimeSpan Time(string text) => Duration.TryParse(text, out var time) ? time : throw new UnreachableException();

    private static int Bytes(string text) => ByteSize.TryParse(text, out var bytes) ? (int)bytes : throw new UnreachableException();
}
