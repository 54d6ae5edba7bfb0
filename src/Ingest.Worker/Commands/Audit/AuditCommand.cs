using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ingest.Operations.Audit;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Audit;

/// <summary><c>ingest audit</c>: what operators did to a node, when, from where and, as they say, who.</summary>
internal static class AuditCommand
{
    private const int LimitMax = 1000;

    internal static Command Create()
    {
        var command = new Command("audit", "Show what operators did to a running node: when, what, to what, who and from where.");
        var since = new Option<string?>("--since") { HelpName = "TIME", Description = "Only what was done from then on." }.IsTime();
        var until = new Option<string?>("--until") { HelpName = "TIME", Description = "Only what was done before then." }.IsTime();
        var action = new Option<string?>("--action")
        {
            HelpName = "ACTION",
            Description = "Only this, or what begins so: drain, resume, policy, lanes, parked, deadletters, debug.",
        };
        var limit = new Option<int>("--limit")
        {
            HelpName = "N",
            Description = "The last so many. Default 100.",
            DefaultValueFactory = _ => 100,
        }.Within(1, LimitMax);
        command.Add(since);
        command.Add(until);
        command.Add(action);
        command.Add(limit);
        var output = OutputOption.AddTo(command);
        var watch = WatchOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var printing = output.Read(parsed);
            var query = string.Create(CultureInfo.InvariantCulture, $"limit={parsed.GetValue(limit)}")
                + Part("since", parsed.GetValue(since)) + Part("until", parsed.GetValue(until)) + Part("action", parsed.GetValue(action));
            return await watch.RunAsync(parsed, printing, async cancel =>
            {
                var answer = await client.TextAsync(HttpMethod.Get, $"/audit?{query}", content: null, cancel);
                if (printing.IsDocument)
                {
                    printing.Print(answer);
                    return ExitCode.Fine;
                }
                Show(JsonSerializer.Deserialize(answer, AuditJson.Default.AuditPage)!);
                return ExitCode.Fine;
            }, cancel);
        });
        return command;
    }

    private static string Part(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    // As it happened: the latest is where the eye is, at the end.
    private static void Show(AuditPage page)
    {
        if (page.Entries.Count == 0)
        {
            Screen.Line("Nothing was done that matches.");
            return;
        }
        var table = Screen.NewTable("#No.", "Time", "Operator", "From", "Action", "Of", "What came of it");
        foreach (var entry in page.Entries.Reverse())
        {
            Screen.Row(
                table,
                Humanize.Count(entry.Number),
                Humanize.Time(entry.Time.ToUnixTimeMilliseconds()),
                entry.Operator ?? "",
                entry.From,
                entry.Action,
                entry.Target,
                entry.Detail);
        }
        Screen.Show(table);
        if (page.Lost > 0)
        {
            Screen.Line($"{Humanize.Count(page.Lost)} could not be read.", Tone.Bad);
        }
    }
}
