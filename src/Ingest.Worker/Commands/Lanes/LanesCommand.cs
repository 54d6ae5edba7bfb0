using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Operations.Status;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Commands.Status;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Lanes;

/// <summary><c>ingest lanes</c>: who is delivered to, and what an operator does to a lane.</summary>
internal static class LanesCommand
{
    internal static Command Create() => new("lanes", "Look at the lanes of a running node, and move them.")
    {
        CreateList(), CreateRewind(), CreateTry(), ParkedCommand.Create(), CreateForget(),
    };

    private static Command CreateList() => StatusCommand.Look(
        "list",
        "Show every lane: state, backlog, window, breaker, what became of its events.",
        LanesView.Show,
        status => !status.Lanes.Any(lane => lane.State == "blocked"));

    private static Command CreateRewind()
    {
        var to = new Option<string>("--to")
        {
            HelpName = "SEQUENCE|TIME",
            Description = "The first event to deliver again: its number, or a time such as 2026-11-21T08:00:00Z.",
            Required = true,
        }.IsPlace();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask. Needed where no person can be asked." };
        var command = new Command("rewind", "Deliver again what the log still has, after saying how many events that is.") { to, yes };
        var lane = new Argument<string>("LANE") { Description = "The lane's name: `ingest lanes list`." };
        command.Add(lane);
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var rewound = await RewindAsync(
                client, parsed.GetRequiredValue(lane), parsed.GetRequiredValue(to), parsed.GetValue(yes), cancel);
            Report(rewound, parsed.GetRequiredValue(to), output.Read(parsed));
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<RewindPreview> RewindAsync(
        AdminClient client, string name, string to, bool yes, CancellationToken cancel)
    {
        var lane = Uri.EscapeDataString(name);
        var counted = await client.TextAsync(
            HttpMethod.Get, $"/lanes/{lane}/rewind?to={Uri.EscapeDataString(to)}", content: null, cancel);
        var preview = JsonSerializer.Deserialize(counted, StatusJson.Default.RewindPreview)!;
        if (preview.Events == 0)
        {
            return preview;
        }
        var what = What(preview);
        if (!yes && !(Screen.CanAsk && Screen.Confirm($"Lane {name} delivers {what}, once more: consumers see them again. Do it?")))
        {
            throw new CommandFailure(
                ExitCode.Usage, $"Nothing was rewound. It would deliver {what}, once more through lane {name}: say "
                    + $"--yes if that is meant.");
        }
        // By number and not by time: what was counted is what is done.
        await client.TextAsync(
            HttpMethod.Post, FormattableString.Invariant($"/lanes/{lane}/rewind?to={preview.First}"), content: null, cancel);
        return preview;
    }

    private static string What(RewindPreview preview) =>
        $"{Humanize.Count(preview.Events, "event")}, {Humanize.Count(preview.First)} to {Humanize.Count(preview.Settled)}";

    private static void Report(RewindPreview done, string to, Printing printing)
    {
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(done, StatusJson.Plain.RewindPreview));
            return;
        }
        Screen.Line(done.Events == 0
            ? $"Nothing is delivered again: lane {done.Lane} has settled no event from {to} on."
            : $"Lane {done.Lane} delivers {What(done)}, once more.");
    }

    private static Command CreateTry() => Act(
        "try",
        "Let a blocked or waiting lane try now instead of at the end of its pause.",
        lane => (HttpMethod.Post, $"/lanes/{lane}/resume"),
        lane => $"Lane {lane} tries now.");

    private static Command CreateForget() => Act(
        "forget",
        "Delete the cursor of a lane whose sink was taken out for good, so that it no longer holds the log.",
        lane => (HttpMethod.Delete, $"/lanes/{lane}"),
        lane => $"Lane {lane} is forgotten; what only it had not delivered may now be removed.");

    private static Command Act(
        string name, string description, Func<string, (HttpMethod Method, string Path)> request, Func<string, string> done)
    {
        var command = new Command(name, description);
        var lane = new Argument<string>("LANE") { Description = "The lane's name: `ingest lanes list`." };
        command.Add(lane);
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var named = parsed.GetRequiredValue(lane);
            using var client = address.Connect(parsed);
            var (method, path) = request(Uri.EscapeDataString(named));
            await client.TextAsync(method, path, content: null, cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize(new LaneDone(named, name), LaneJson.Default.LaneDone));
                return ExitCode.Fine;
            }
            Screen.Line(done(named));
            return ExitCode.Fine;
        });
        return command;
    }
}

/// <summary>What was done to a lane, for scripts.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Action">The command's name.</param>
internal sealed record LaneDone(string Lane, string Action);

/// <summary>Serializers of the lanes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LaneDone))]
internal sealed partial class LaneJson : JsonSerializerContext;
