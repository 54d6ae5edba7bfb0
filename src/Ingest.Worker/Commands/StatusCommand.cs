using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.Status;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands;

/// <summary><c>ingest status</c>: how a running node is.</summary>
internal static class StatusCommand
{
    internal static Command Create()
    {
        var command = new Command("status", "Show how a running node is: ready or why not, log, lanes, streams.");
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
                StatusView.Show(status);
            }
            return status.Ready && status.Lanes.All(lane => lane.Sum.Balanced) ? ExitCode.Fine : ExitCode.NotFine;
        });
        return command;
    }

    /// <summary>The document as the node gave it.</summary>
    internal static void Print(NodeStatus status) => Console.Out.WriteLine(JsonSerializer.Serialize(status, StatusJson.Plain.NodeStatus));
}
