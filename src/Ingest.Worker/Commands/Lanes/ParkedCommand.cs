using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ingest.Operations.Status;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Lanes;

/// <summary>
/// <c>ingest lanes parked</c>: events a lane has set aside because its sink cannot take them while it takes others.
/// </summary>
internal static class ParkedCommand
{
    internal static Command Create() => new("parked", "Look at events a lane has set aside, try them now, or give them up.")
    {
        CreateList(),
        CreateAct("try", "Try parked events now, not at the end of their pause; without --stream and --event, all.", "tried now", false),
        CreateAct("deadletter", "Move parked events to the dead letters.", "moved to the dead letters", true),
        CreateAct("drop", "Give parked events up for good.", "dropped", true),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Show a lane's parked events: since when, how often tried, why.");
        var lane = Lane(command);
        var stream = Stream(command);
        var after = new Option<long>("--after") { HelpName = "SEQUENCE", Description = "Only events behind this number." };
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 1,000.", DefaultValueFactory = _ => 100 };
        command.Add(after);
        command.Add(limit);
        var output = OutputOption.AddTo(command);
        var watch = WatchOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var query = string.Create(
                CultureInfo.InvariantCulture, $"?limit={parsed.GetValue(limit)}&after={parsed.GetValue(after)}");
            query += parsed.GetValue(stream) is { } name ? $"&stream={Uri.EscapeDataString(name)}" : "";
            using var client = address.Connect(parsed);
            var path = $"/lanes/{Uri.EscapeDataString(parsed.GetRequiredValue(lane))}/parked{query}";
            var printing = output.Read(parsed);
            return await watch.RunAsync(parsed, printing, async cancel =>
            {
                var answer = await client.TextAsync(HttpMethod.Get, path, content: null, cancel);
                if (printing.IsDocument)
                {
                    printing.Print(answer);
                    return ExitCode.Fine;
                }
                Show(JsonSerializer.Deserialize(answer, StatusJson.Default.ParkedPage)!);
                return ExitCode.Fine;
            }, cancel);
        });
        return command;
    }

    private static void Show(ParkedPage page)
    {
        if (page.Events.Count == 0)
        {
            Screen.Line($"Lane {page.Lane} has {Humanize.Count(page.ParkedEvents, "parked event")}; none to show.");
            return;
        }
        var table = Screen.NewTable("#Event", "Stream", "Since", "#Attempts", "#Next try", "Reason");
        foreach (var parked in page.Events)
        {
            Screen.Row(
                table,
                Humanize.Count(parked.Sequence),
                parked.Stream,
                parked.Since.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                Humanize.Count(parked.Attempts),
                Humanize.Seconds(parked.NextTrySeconds),
                parked.Reason);
        }
        Screen.Show(table);
        if (page.Next is { } next)
        {
            Screen.Line(string.Create(CultureInfo.InvariantCulture, $"More follow: --after {next}"));
        }
    }

    private static Command CreateAct(string name, string description, string done, bool mustName)
    {
        var command = new Command(name, description);
        var lane = Lane(command);
        var stream = Stream(command);
        var events = new Option<long[]>("--event")
        {
            HelpName = "SEQUENCE",
            Description = "This event only; may be repeated.",
            AllowMultipleArgumentsPerToken = true,
        };
        var all = new Option<bool>("--all") { Description = "All parked events of the lane." };
        command.Add(events);
        if (mustName)
        {
            command.Add(all);
        }
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var query = new List<string>();
            query.AddRange(parsed.GetValue(stream) is { } named ? [$"stream={Uri.EscapeDataString(named)}"] : []);
            query.AddRange((parsed.GetValue(events) ?? []).Select(one => string.Create(CultureInfo.InvariantCulture, $"sequence={one}")));
            query.AddRange(mustName && parsed.GetValue(all) ? ["all=true"] : []);
            if (mustName && query.Count == 0)
            {
                throw new CommandFailure(ExitCode.Usage, "Name what is meant: --stream, --event or --all.");
            }
            using var client = address.Connect(parsed);
            var path = $"/lanes/{Uri.EscapeDataString(parsed.GetRequiredValue(lane))}/parked/{name}?{string.Join('&', query)}";
            var answer = await client.TextAsync(HttpMethod.Post, path, content: null, cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(answer);
                return ExitCode.Fine;
            }
            var changed = JsonSerializer.Deserialize(answer, StatusJson.Default.ParkedChanged)!;
            Screen.Line($"{Humanize.Count(changed.Events, "parked event")} {done}.");
            return ExitCode.Fine;
        });
        return command;
    }

    private static Argument<string> Lane(Command command)
    {
        var lane = new Argument<string>("LANE") { Description = "The lane's name: `ingest lanes list`." };
        command.Add(lane);
        return lane;
    }

    private static Option<string?> Stream(Command command)
    {
        var stream = new Option<string?>("--stream") { HelpName = "NAME", Description = "Only events of this stream." };
        command.Add(stream);
        return stream;
    }
}
