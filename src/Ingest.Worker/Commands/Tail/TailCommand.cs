using System.CommandLine;
using System.Globalization;
using System.Text;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.Tail;

/// <summary><c>ingest tail</c>: follows what a running node commits.</summary>
internal static class TailCommand
{
    private static readonly TimeSpan PauseBeforeResuming = TimeSpan.FromSeconds(1);

    internal static Command Create()
    {
        var command = new Command("tail", "Follow the events that a running node commits, whether or not they are delivered yet.");
        var stream = new Option<string?>("--stream") { HelpName = "S", Description = "Only events of this stream. Default: all." }
            .IsStream();
        var key = new Option<string?>("--key") { HelpName = "K", Description = "Only events with this key (Ingest-Key). Default: all." };
        var from = new Option<string?>("--from")
        {
            HelpName = "SEQUENCE|TIME",
            Description = "Where to begin: an event's number, or a time such as 2026-11-21T08:00:00Z. Default: what comes from now on.",
        }.IsPlace();
        var limit = new Option<long?>("--limit") { HelpName = "N", Description = "End after so many events. Default: never." }
            .IsFrom(1);
        var noFollow = new Option<bool>("--no-follow") { Description = "End at the end of the log instead of waiting for more." };
        command.Add(stream);
        command.Add(key);
        command.Add(from);
        command.Add(limit);
        command.Add(noFollow);
        var address = new AdminAddress();
        address.AddTo(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var wanted = new Wanted(
                parsed.GetValue(stream) ?? "",
                parsed.GetValue(key) ?? "",
                parsed.GetValue(from) ?? "",
                parsed.GetValue(limit),
                !parsed.GetValue(noFollow));
            await RunAsync(client, wanted, output.Read(parsed), cancel);
            return ExitCode.Fine;
        });
        return command;
    }

    /// <summary>A tail whose connection breaks (the reader stood still, a proxy gave up) goes on behind the last line.</summary>
    private static async Task RunAsync(AdminClient client, Wanted wanted, Printing printing, CancellationToken cancel)
    {
        var view = new TailView(printing);
        while (true)
        {
            try
            {
                await ReadAsync(client, wanted with { From = view.Next ?? wanted.From, Limit = wanted.Limit - view.Events }, view, cancel);
                if (wanted.Follow && view.Events != wanted.Limit)
                {
                    await Console.Error.WriteLineAsync("ingest: the node takes no more events; the tail has ended.");
                }
                return;
            }
            catch (Exception e) when (e is IOException && !cancel.IsCancellationRequested)
            {
                await Task.Delay(PauseBeforeResuming, TimeProvider.System, cancel);
            }
        }
    }

    private static async Task ReadAsync(AdminClient client, Wanted wanted, TailView view, CancellationToken cancel)
    {
        using var response = await client.SendAsync(HttpMethod.Get, Path(wanted), content: null, cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        using var lines = new StreamReader(body, Encoding.UTF8);
        while (await lines.ReadLineAsync(cancel) is { } line)
        {
            view.Show(line);
        }
    }

    private static string Path(Wanted wanted)
    {
        var query = new List<string>();
        Add("stream", wanted.Stream);
        Add("key", wanted.Key);
        Add("from", wanted.From);
        Add("limit", wanted.Limit?.ToString(CultureInfo.InvariantCulture) ?? "");
        Add("follow", wanted.Follow ? "" : "false");
        return "/events/tail" + (query.Count > 0 ? "?" + string.Join('&', query) : "");

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                query.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }
    }

    private sealed record Wanted(string Stream, string Key, string From, long? Limit, bool Follow);
}
