using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.Letters;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;
using Spectre.Console;

namespace Ingest.Worker.Commands.DeadLetters;

/// <summary><c>ingest deadletters</c>: what sinks refused, and what becomes of it.</summary>
internal static class DeadLettersCommand
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    internal static Command Create() => new("deadletters", "Look at events that sinks refused, send them again or give them up.")
    {
        DeadLettersLook.CreateList(),
        DeadLettersLook.CreateShow(),
        CreateRequeue(),
        CreateDrop(),
        DeadLettersLook.CreateExport(),
    };

    private static Command CreateRequeue()
    {
        var command = new Command("requeue", "Send letters again through their lanes, with their identity, and wait for the outcome.");
        var letters = new DeadLetterSelectionOptions();
        letters.AddTo(command);
        var noWait = new Option<bool>("--no-wait") { Description = "Return when it is noted, not when it is done." };
        command.Add(noWait);
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = letters.Read(parsed);
            using var client = address.Connect(parsed);
            var change = await DeadLetterSelectionOptions.PostAsync(client, "/deadletters/requeue", request, cancel);
            var progress = new DeadLetterProgress(change.Ticket, change.Letters, 0, 0, 0, change.Letters);
            if (change.Letters > 0 && !parsed.GetValue(noWait))
            {
                progress = await WatchAsync(client, progress, cancel);
            }
            ShowProgress(progress, output.Read(parsed));
            return progress.Refused == 0 ? ExitCode.Fine : ExitCode.NotFine;
        });
        return command;
    }

    private static Command CreateDrop()
    {
        var command = new Command("drop", "Give letters up for good.");
        var letters = new DeadLetterSelectionOptions();
        letters.AddTo(command);
        var yes = new Option<bool>("--yes") { Description = "Do not ask. Needed for a filter or --all where nobody can be asked." };
        command.Add(yes);
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = letters.Read(parsed);
            if (!letters.AreNamed(parsed) && !parsed.GetValue(yes) && !IsMeant())
            {
                throw new CommandFailure(ExitCode.Usage, "Nothing was dropped: say --yes if all that match are meant.");
            }
            using var client = address.Connect(parsed);
            var change = await DeadLetterSelectionOptions.PostAsync(client, "/deadletters/drop", request, cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize(change, DeadLetterJson.Plain.DeadLetterChangeAnswer));
                return ExitCode.Fine;
            }
            Screen.Line($"{Humanize.Count(change.Letters, "letter")} dropped.");
            return ExitCode.Fine;
        });
        return command;
    }

    private static bool IsMeant() =>
        Screen.IsWatched && !Console.IsInputRedirected
        && new ConfirmationPrompt("Drop all letters that match? Their events are gone then.") { DefaultValue = false }.Show(Screen.Error);

    // Interrupting ends the wait alone: what is noted goes on.
    private static async Task<DeadLetterProgress> WatchAsync(AdminClient client, DeadLetterProgress progress, CancellationToken cancel)
    {
        if (!Screen.IsWatched)
        {
            return await FollowAsync(client, progress, _ => { }, cancel);
        }
        return await WorkBars.Count("letters").StartAsync(async bars =>
        {
            var bar = bars.AddTask("sending again", maxValue: progress.Letters);
            return await FollowAsync(client, progress, now => bar.Value = now.Letters - now.Waiting, cancel);
        });
    }

    private static async Task<DeadLetterProgress> FollowAsync(
        AdminClient client, DeadLetterProgress progress, Action<DeadLetterProgress> show, CancellationToken cancel)
    {
        while (progress.Waiting > 0)
        {
            await Task.Delay(ProgressInterval, TimeProvider.System, cancel);
            var answer = await client.TextAsync(HttpMethod.Get, $"/deadletters/requeue?ticket={progress.Ticket}", content: null, cancel);
            progress = JsonSerializer.Deserialize(answer, DeadLetterJson.Default.DeadLetterProgress)!;
            show(progress);
        }
        return progress;
    }

    private static void ShowProgress(DeadLetterProgress progress, Printing printing)
    {
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(progress, DeadLetterJson.Plain.DeadLetterProgress));
            return;
        }
        if (progress.Letters == 0)
        {
            Screen.Line("No letter is at rest that matches.");
            return;
        }
        var waiting = progress.Waiting > 0 ? $", {Humanize.Count(progress.Waiting)} on their way" : "";
        var dropped = progress.Dropped > 0 ? $", {Humanize.Count(progress.Dropped)} dropped meanwhile" : "";
        Screen.Line(
            $"{Humanize.Count(progress.Letters, "letter")} requeued: {Humanize.Count(progress.Delivered)} delivered, "
            + $"{Humanize.Count(progress.Refused)} refused again{dropped}{waiting}.");
    }
}
