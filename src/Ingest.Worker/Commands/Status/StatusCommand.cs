using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.Status;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.Status;

/// <summary><c>ingest status</c>: how a running node is.</summary>
internal static class StatusCommand
{
    internal static Command Create()
    {
        var since = new Option<string?>("--since")
        {
            HelpName = "TIME",
            Description = "Show what the node did in this last time instead, such as 10m; 1h at most.",
        }.Within(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        var command = Look(
            "status",
            "Show how a running node is: what is wrong, log, lanes, streams; with --since what it did.",
            StatusView.Show,
            status => status.Ready && status.Lanes.All(lane => lane.Sum.Balanced),
            since);
        command.Add(since);
        return command;
    }

    /// <summary>A command that asks a running node for its status, shows it or prints the document, and says by its exit code whether all
    /// is fine.</summary>
    internal static Command Look(string name, string description, Action<NodeStatus, bool> show, Func<NodeStatus, bool> isFine,
        Option<string?>? since = null)
    {
        var command = new Command(name, description);
        var address = new AdminAddress();
        address.AddTo(command);
        var output = OutputOption.AddTo(command, hasColumns: true);
        var watch = WatchOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var printing = output.Read(parsed);
            return await watch.RunAsync(parsed, printing, async cancel =>
            {
                if (since is not null && parsed.GetValue(since) is { } time)
                {
                    await HistoryView.ShowAsync(client, time, printing, cancel);
                    return ExitCode.Fine;
                }
                var status = await client.StatusAsync(cancel);
                if (printing.IsDocument)
                {
                    Print(status, printing);
                }
                else
                {
                    show(status, printing.IsWide);
                }
                return isFine(status) ? ExitCode.Fine : ExitCode.NotFine;
            }, cancel);
        });
        return command;
    }

    /// <summary>The document as the node gave it.</summary>
    internal static void Print(NodeStatus status, Printing printing) =>
        printing.Print(JsonSerializer.Serialize(status, StatusJson.Plain.NodeStatus));
}
