using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.History;
using Ingest.Worker.Commands.Lanes;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Status;

/// <summary><c>ingest top</c>: a node on one screen, live: what is wrong, the last minutes, the lanes.</summary>
internal static class TopCommand
{
    // What changes from second to second; the rest is in `status --since`.
    private static readonly string[] Rows =
    [
        "events_accepted_per_second", "requests_accepted_per_second", "requests_429_per_second", "requests_503_per_second",
        "answer_p99_seconds", "flush_p99_seconds", "backlog_events", "backlog_age_seconds", "memory_ratio",
    ];

    internal static Command Create()
    {
        var command = new Command("top", "Show a running node on one screen, live: what is wrong, the last five minutes, its lanes.");
        var watch = WatchOption.AddAlways(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            return await watch.RunAsync(parsed, new Printing(OutputFormat.Table), cancel => ShowAsync(client, cancel), cancel);
        });
        return command;
    }

    private static async Task<int> ShowAsync(AdminClient client, CancellationToken cancel)
    {
        var status = await client.StatusAsync(cancel);
        var answer = await client.TextAsync(HttpMethod.Get, "/history?sinceSeconds=300&points=40", content: null, cancel);
        var page = JsonSerializer.Deserialize(answer, HistoryJson.Default.HistoryPage)!;
        var ready = status.Ready ? "ready" : "not ready";
        Screen.Line(
            $"{status.Node}: {status.State}, {ready}, up {Humanize.Seconds(status.UptimeSeconds)}",
            status.Ready ? Tone.Plain : Tone.Bad);
        AttentionView.Show(status.Attention);
        HistoryView.Show(page with
        {
            Node = page.Node.Where(row => Rows.Contains(row.Key)).ToDictionary(),
            Lanes = new Dictionary<string, Dictionary<string, double?[]>>(),
        });
        LanesView.Show(status, isWide: false);
        return ExitCode.Fine;
    }
}
