using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.Fleet;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.Fleet;

/// <summary><c>ingest fleet</c>: a node and those it knows (<c>Fleet:Peers</c>), side by side.</summary>
internal static class FleetCommand
{
    internal static Command Create()
    {
        var command = new Command("fleet", "Show a running node and those it knows (Fleet:Peers) side by side, with what is wrong.");
        var output = OutputOption.AddTo(command, hasColumns: true);
        var watch = WatchOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var printing = output.Read(parsed);
            return await watch.RunAsync(parsed, printing, async cancel =>
            {
                var answer = await client.TextAsync(HttpMethod.Get, "/fleet", content: null, cancel);
                var page = JsonSerializer.Deserialize(answer, FleetJson.Default.FleetPage)!;
                if (printing.IsDocument)
                {
                    printing.Print(answer);
                }
                else
                {
                    FleetView.Show(page, printing.IsWide);
                }
                return page.Failures.Count == 0 && page.Peers.All(peer => peer is { Error: null, Ready: true })
                    ? ExitCode.Fine
                    : ExitCode.NotFine;
            }, cancel);
        });
        return command;
    }
}
