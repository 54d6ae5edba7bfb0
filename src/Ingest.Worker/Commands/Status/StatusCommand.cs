using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.Status;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.Status;

/// <summary><c>ingest status</c>: how a running node is.</summary>
internal static class StatusCommand
{
    internal static Command Create() => Look(
        "status",
        "Show how a running node is: ready or why not, log, lanes, streams.",
        StatusView.Show,
        status => status.Ready && status.Lanes.All(lane => lane.Sum.Balanced));

    /// <summary>A command that asks a running node for its status, shows it or prints the document, and says by its exit code whether all
    /// is fine.</summary>
    internal static Command Look(string name, string description, Action<NodeStatus> show, Func<NodeStatus, bool> isFine)
    {
        var command = new Command(name, description);
        var address = new AdminAddress();
        address.AddTo(command);
        var json = JsonOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var status = await client.StatusAsync(cancel);
            if (parsed.GetValue(json))
            {
                Print(status);
            }
            else
            {
                show(status);
            }
            return isFine(status) ? ExitCode.Fine : ExitCode.NotFine;
        });
        return command;
    }

    /// <summary>The document as the node gave it.</summary>
    internal static void Print(NodeStatus status) => Console.Out.WriteLine(JsonSerializer.Serialize(status, StatusJson.Plain.NodeStatus));
}
