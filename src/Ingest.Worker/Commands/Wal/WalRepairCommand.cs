using System.CommandLine;
using System.Text.Json;
using Ingest.Wal.Inspection;
using Ingest.Wal.Repair;
using Ingest.Wal.Storage;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Wal;

/// <summary><c>ingest wal repair</c>: makes a damaged log sound again. Shows what it would do, and does it when told to.</summary>
internal static class WalRepairCommand
{
    internal static Command Create()
    {
        var command = new Command(
            "repair",
            "Show what would make a damaged log sound again; with --apply, do it. The node must not run. Damaged bytes are copied to "
            + "quarantine/ first, and no event that can be read is lost.");
        var directory = WalCommand.AddDirectory(command);
        var apply = new Option<bool>("--apply") { Description = "Change the log. Without it, nothing is changed." };
        command.Add(apply);
        var output = OutputOption.AddTo(command);
        command.SetAction((parsed, cancel) => Task.FromResult(
            Run(WalCommand.Locate(parsed.GetRequiredValue(directory)), parsed.GetValue(apply), output.Read(parsed), cancel)));
        return command;
    }

    private static int Run(string path, bool apply, Printing printing, CancellationToken cancel)
    {
        var holds = HoldersOf(path);
        using var log = WalDirectory.Open(path);
        var report = Watch(() => apply ? LogRepair.Apply(log, holds, cancel) : LogRepair.Plan(log, holds, cancel));
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(report, WalJson.Default.RepairReport));
        }
        else
        {
            Show(report);
        }
        return report.After.Sound && (report.Applied || report.Steps.Count == 0) ? ExitCode.Fine : ExitCode.NotFine;
    }

    private static Func<string, bool> HoldersOf(string path)
    {
        using var looking = WalDirectory.OpenReadOnly(path);
        var summary = LogInspector.Summarize(looking);
        WalCommand.RequireLog(summary);
        return WalCommand.HoldersOf(summary);
    }

    private static RepairReport Watch(Func<RepairReport> work) =>
        Screen.IsWatched ? WorkBars.Elapsed("Reading the whole log", work) : work();

    private static void Show(RepairReport report)
    {
        if (report.Steps.Count == 0)
        {
            ShowNothingToDo(report);
            return;
        }
        ShowSteps(report);
        var lost = report.Steps.Where(step => step.Action == RepairAction.SetDownLoss).Sum(step => step.Records) + report.After.RecordsLost;
        var gone = report.LossIsUncounted ? $"{WalCommand.Uncounted(lost)} cannot be brought back, as the log's end was cut off."
            : lost == 0 ? "No event is lost."
            : $"{Humanize.Count(lost, "event")} cannot be brought back.";
        var steps = Humanize.Count(report.Steps.Count, "step");
        Screen.Line(report.Applied
            ? $"{steps} done. {gone}"
            : $"{steps} to do; nothing was changed. {gone} Do it with --apply.");
        ShowRest(report);
    }

    private static void ShowNothingToDo(RepairReport report)
    {
        if (report.Before.Sound)
        {
            Screen.Line(report.Before.RecordsLostBefore == 0
                ? "Sound: there is nothing to repair."
                : $"Sound: there is nothing to repair. {Humanize.Count(report.Before.RecordsLostBefore, "event")} lost before this.");
            return;
        }
        Screen.Line($"There is nothing that a repair can do. {WalCommand.Lost(report.Before)} cannot be brought back.");
        ShowRest(report);
    }

    private static void ShowSteps(RepairReport report)
    {
        var table = Screen.NewTable("Step", "File", "#At byte", "#Bytes", "#First event", "#Events lost", "Copy");
        foreach (var step in report.Steps)
        {
            Screen.Row(
                table,
                Words(step.Action),
                step.File,
                Humanize.Count(step.Offset),
                Humanize.Count(step.Bytes),
                step.FirstSequence > 0 ? Humanize.Count(step.FirstSequence) : "",
                step.Records > 0 ? Humanize.Count(step.Records) : "",
                step.Copy);
        }
        Screen.Show(table);
    }

    private static void ShowRest(RepairReport report)
    {
        if (report.After.Sound)
        {
            Screen.Line(report.Applied ? "Sound." : "The log will be sound then.");
            return;
        }
        Screen.Line("This is left, for a person to look at; the log can be used as it is:");
        foreach (var finding in report.After.Findings.Where(finding => finding.Severity != FindingSeverity.Note))
        {
            Screen.Fact("", $"{finding.File} at byte {Humanize.Count(finding.Offset)}: {finding.Message}");
        }
    }

    private static string Words(RepairAction action) => action switch
    {
        RepairAction.CopyAside => "copy aside",
        RepairAction.MoveAside => "move aside",
        RepairAction.RestoreLength => "restore the file's length",
        RepairAction.RewriteHeader => "write the header again",
        RepairAction.RewriteCommit => "write the commit again",
        RepairAction.RewriteSeal => "write the seal again",
        RepairAction.ResetCursor => "set the cursor to the oldest event",
        RepairAction.CutTail => "cut a torn write",
        RepairAction.SkipNumbers => "skip missing numbers",
        RepairAction.RewriteEpochs => "write the table of epochs again",
        _ => "set down as lost",
    };
}
