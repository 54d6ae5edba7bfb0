using System.CommandLine;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands;

/// <summary><c>ingest lanes</c>: who is delivered to, and the few things an operator does to a lane.</summary>
internal static class LanesCommand
{
    internal static Command Create() => new("lanes", "Look at the lanes of a running node, and move them.")
    {
        CreateList(), CreateRewind(), CreateTry(), CreateForget(),
    };

    private static Command CreateList() => StatusCommand.Look(
        "list",
        "Show every lane: state, backlog, window, breaker, what became of its events.",
        StatusView.ShowLanes,
        status => !status.Lanes.Any(lane => lane.State == "blocked"));

    private static Command CreateRewind()
    {
        var to = new Option<string>("--to")
        {
            HelpName = "SEQUENCE|TIME",
            Description = "The first event to deliver again: its number, or a time such as 2026-11-21T08:00:00Z.",
            Required = true,
        }.IsPlace();
        return Act(
            "rewind",
            "Deliver again what the log still has. Consumers see repeats with the same numbers.",
            [to],
            (lane, parsed) => (HttpMethod.Post, $"/lanes/{lane}/rewind?to={Uri.EscapeDataString(parsed.GetRequiredValue(to))}"),
            lane => $"Lane {lane} delivers again from there.");
    }

    private static Command CreateTry() => Act(
        "try",
        "Let a blocked or waiting lane try now instead of at the end of its pause.",
        [],
        (lane, _) => (HttpMethod.Post, $"/lanes/{lane}/resume"),
        lane => $"Lane {lane} tries now.");

    private static Command CreateForget() => Act(
        "forget",
        "Delete the cursor of a lane whose sink was taken out for good, so that it no longer holds the log.",
        [],
        (lane, _) => (HttpMethod.Delete, $"/lanes/{lane}"),
        lane => $"Lane {lane} is forgotten; what only it had not delivered may now be removed.");

    private static Command Act(
        string name,
        string description,
        Option[] options,
        Func<string, ParseResult, (HttpMethod Method, string Path)> request,
        Func<string, string> done)
    {
        var command = new Command(name, description);
        var lane = new Argument<string>("LANE") { Description = "The lane's name: `ingest lanes list`." };
        command.Add(lane);
        foreach (var option in options)
        {
            command.Add(option);
        }
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var named = parsed.GetRequiredValue(lane);
            using var client = address.Connect(parsed);
            var (method, path) = request(Uri.EscapeDataString(named), parsed);
            await client.TextAsync(method, path, content: null, cancel);
            Screen.Line(done(named));
            return ExitCode.Fine;
        });
        return command;
    }
}
