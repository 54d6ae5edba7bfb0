using System.CommandLine;
using System.Globalization;
using Ingest.Drain;
using Ingest.Hosting.Settings.Values;
using Ingest.Operations.Status;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Commands.Status;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;
using Spectre.Console;

namespace Ingest.Worker.Commands.Drain;

/// <summary><c>ingest drain</c> and <c>ingest resume</c>: take a running node out of service, and back.</summary>
internal static class DrainCommand
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    internal static Command CreateDrain()
    {
        var command = new Command(
            "drain",
            "Take a running node out of service: refuse events, deliver what is pending, stay so until `ingest resume`. "
            + "With --data: deliver the log of a node that is gone, and exit.");
        var address = new AdminAddress();
        address.AddTo(command);
        var log = new LogOptions();
        log.AddTo(command);
        var deadline = new Option<string?>("--deadline")
        {
            HelpName = "TIME",
            Description = "How long lanes may deliver, such as 2m. Default: Drain:Deadline, and with --data as long as it takes.",
        }.Within(TimeSpan.Zero, DrainOptions.DeadlineMax);
        var only = new Option<string[]>("--only")
        {
            HelpName = "LANE",
            Description = "With --data: deliver this lane alone and ask only whether it is empty; repeatable. Others may be owed events.",
        };
        var noWait = new Option<bool>("--no-wait") { Description = "Return at once; `ingest status` shows how far it is." };
        command.Add(deadline);
        command.Add(noWait);
        command.Add(only);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            if (log.Read(parsed, address) is { } arguments)
            {
                var patience = Deadline(parsed.GetValue(deadline)) ?? Timeout.InfiniteTimeSpan;
                return await OfflineDrainRun.RunAsync(arguments, parsed.GetValue(only) ?? [], patience, output.Read(parsed), cancel);
            }
            if (parsed.GetValue(only) is { Length: > 0 })
            {
                throw new CommandFailure(ExitCode.Usage, "--only goes with --data: a running node drains all of its lanes.");
            }
            using var client = address.Connect(parsed);
            var status = await client.NodeStatusAsync(HttpMethod.Post, "/drain" + Query(parsed.GetValue(deadline)), cancel);
            if (!parsed.GetValue(noWait))
            {
                status = await WatchAsync(client, status, cancel);
            }
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                StatusCommand.Print(status, printing);
            }
            else
            {
                Report(status);
            }
            return parsed.GetValue(noWait) || status.Drain.Phase == "drained" ? ExitCode.Fine : ExitCode.NotFine;
        });
        return command;
    }

    internal static Command CreateResume()
    {
        var command = new Command("resume", "Take a drain back: the node accepts events again.");
        var address = new AdminAddress();
        address.AddTo(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var status = await client.NodeStatusAsync(HttpMethod.Post, "/resume", cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                StatusCommand.Print(status, printing);
            }
            else
            {
                Screen.Line($"{status.Node} serves again.");
            }
            return ExitCode.Fine;
        });
        return command;
    }

    private static string Query(string? deadline) => Deadline(deadline) is { } time
        ? string.Create(CultureInfo.InvariantCulture, $"?deadlineSeconds={time.TotalSeconds}")
        : "";

    private static TimeSpan? Deadline(string? text) => text is not null && Duration.TryParse(text, out var time) ? time : null;

    private static async Task<NodeStatus> WatchAsync(AdminClient client, NodeStatus status, CancellationToken cancel)
    {
        if (!Screen.IsWatched)
        {
            return await WaitAsync(client, status, _ => { }, cancel);
        }
        return await WorkBars.Count("events").StartAsync(async bars =>
        {
            var bar = bars.AddTask(Progress(status.Drain), maxValue: Math.Max(1, status.Drain.BacklogEvents));
            return await WaitAsync(client, status, seen => Move(bar, seen.Drain), cancel);
        });
    }

    // Intake goes on for a moment: there may be more to deliver than there was.
    private static void Move(ProgressTask bar, DrainProgress drain)
    {
        bar.MaxValue = Math.Max(bar.MaxValue, drain.BacklogEvents);
        bar.Value = bar.MaxValue - drain.BacklogEvents;
        bar.Description = Progress(drain);
    }

    private static async Task<NodeStatus> WaitAsync(
        AdminClient client, NodeStatus status, Action<NodeStatus> seen, CancellationToken cancel)
    {
        while (status.Drain.Phase is not ("drained" or "serving"))
        {
            await Task.Delay(LookInterval, TimeProvider.System, cancel);
            status = await client.StatusAsync(cancel);
            seen(status);
        }
        return status;
    }

    private static string Progress(DrainProgress drain) => Markup.Escape(
        $"{drain.Phase}: {Humanize.Count(drain.RequestsInFlight, "request")} in flight, "
        + $"{Humanize.Count(drain.BacklogEvents, "event")} to deliver");

    private static void Report(NodeStatus status)
    {
        var drain = status.Drain;
        if (drain.Phase != "drained")
        {
            Screen.Line(drain.Phase == "serving" ? "The drain was taken back: the node serves." : $"Draining: {drain.Phase}.");
            return;
        }
        var took = drain.Phases.Sum(phase => phase.Phase == "drained" ? 0 : phase.Seconds);
        var left = drain.BacklogEvents == 0
            ? "everything was delivered"
            : $"{Humanize.Count(drain.BacklogEvents, "event")} stay in the log, "
                + $"the oldest {Humanize.Seconds(drain.BacklogOldestSeconds)} old";
        Screen.Line($"{status.Node} is drained after {Humanize.Seconds(took)}; {left}. `ingest resume` takes it back.");
        foreach (var failure in drain.Failures)
        {
            Screen.Fact("Failed", failure);
        }
    }
}
