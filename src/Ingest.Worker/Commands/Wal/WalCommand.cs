using System.CommandLine;
using System.Text.Json;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Wal.Inspection;
using Ingest.Wal.Storage;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Wal;

/// <summary><c>ingest wal</c>: looks into a log without touching it, also beside a running node; and repairs one.</summary>
internal static class WalCommand
{
    internal static Command Create() => new("wal", "Look into a log on disk, also beside a running node; repair one that no node runs on.")
    {
        CreateInspect(), CreateVerify(), WalDumpCommand.Create(), WalRepairCommand.Create(),
    };

    internal static Argument<string> AddDirectory(Command command)
    {
        var directory = new Argument<string>("DIR") { Description = "The log's directory, or the data directory that has it in wal/." };
        command.Add(directory);
        return directory;
    }

    /// <summary>The log where people point at: the directory itself, or <c>wal</c> below it.</summary>
    internal static string Locate(string path) => Path.Combine(path, "wal") is var below && Directory.Exists(below) ? below : path;

    internal static IWalDirectory Open(string path) => WalDirectory.OpenReadOnly(Locate(path));

    private static Command CreateInspect()
    {
        var command = new Command("inspect", "Show segments, cursors and what is pending.");
        var directory = AddDirectory(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(parsed =>
        {
            using var log = Open(parsed.GetRequiredValue(directory));
            var summary = LogInspector.Summarize(log);
            RequireLog(summary);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize(summary, WalJson.Default.LogSummary));
            }
            else
            {
                Show(summary);
            }
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateVerify()
    {
        var command = new Command("verify", "Read everything and check every checksum, number, commit, seal and cursor.");
        var directory = AddDirectory(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(parsed =>
        {
            using var log = Open(parsed.GetRequiredValue(directory));
            var summary = LogInspector.Summarize(log);
            RequireLog(summary);
            var report = Verify(log, summary.Bytes, HoldersOf(summary));
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize(report, WalJson.Default.VerifyReport));
            }
            else
            {
                Show(report);
            }
            return report.Sound && !report.LossIsUncounted ? ExitCode.Fine : ExitCode.NotFine;
        });
        return command;
    }

    internal static void RequireLog(LogSummary summary)
    {
        if (summary.Segments.Count == 0)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"There is no log in {summary.Path}: no segment is there.");
        }
    }

    /// <summary>A node's log is held by its lanes' cursors. Nothing holds the log of its dead letters, which has no totals.</summary>
    internal static Func<string, bool> HoldersOf(LogSummary summary) =>
        summary.Cursors.Any(cursor => cursor.Name == LogUpkeep.TotalsCursor) ? LaneSet.IsLane : _ => false;

    private static VerifyReport Verify(IWalDirectory log, long bytes, Func<string, bool> holds)
    {
        if (!Screen.IsWatched)
        {
            return LogInspector.Verify(log, holds: holds);
        }
        return WorkBars.Bytes().Start(bars =>
        {
            var bar = bars.AddTask("Reading", maxValue: Math.Max(1, bytes));
            return LogInspector.Verify(log, read => bar.Value = read, holds: holds);
        });
    }

    private static void Show(LogSummary summary)
    {
        Screen.Line($"Log {summary.LogId?.ToString() ?? "without a readable header"} in {summary.Path}");
        var range = summary.LastSequence < summary.FirstSequence
            ? "no events"
            : $"events {Humanize.Count(summary.FirstSequence)} to {Humanize.Count(summary.LastSequence)}";
        var stop = summary.Clean ? "stopped in order" : "in use, or not stopped in order";
        Screen.Line($"{range}, {Humanize.Bytes(summary.Bytes)}, {Humanize.Count(summary.Spares, "spare file")}; {stop}.");
        if (summary.Skipped > 0)
        {
            Screen.Line($"{Skipped(summary.Skipped)}.");
        }
        var segments = Screen.NewTable("Segment", "State", "#First", "#Last", "#Used", "#Size", "From", "To");
        foreach (var segment in summary.Segments)
        {
            Screen.Row(
                segments,
                segment.File,
                segment.State.ToString().ToLowerInvariant(),
                Humanize.Count(segment.BaseSequence),
                Humanize.Count(segment.LastSequence),
                Humanize.Bytes(segment.BytesUsed),
                Humanize.Bytes(segment.Bytes),
                Humanize.Time(segment.FirstUnixMs),
                Humanize.Time(segment.LastUnixMs));
        }
        Screen.Show(segments);
        var cursors = Screen.NewTable("Cursor", "#Settled", "#Pending");
        foreach (var cursor in summary.Cursors)
        {
            var pending = LaneSet.IsLane(cursor.Name) ? Humanize.Count(summary.PendingBehind(cursor.Sequence)) : "";
            Screen.Row(cursors, cursor.Name, Humanize.Count(cursor.Sequence), pending);
        }
        Screen.Show(cursors);
        foreach (var copy in summary.Quarantine)
        {
            Screen.Fact("Damage", $"quarantine/{copy}");
        }
    }

    private static void Show(VerifyReport report)
    {
        var held = $"{Humanize.Count(report.Records, "event")} in {Humanize.Count(report.Groups, "commit")}";
        Screen.Line($"Read {Humanize.Bytes(report.Bytes)} in {Humanize.Count(report.Segments, "segment")}: {held}.");
        if (report.Findings.Count > 0)
        {
            var table = Screen.NewTable("Finding", "File", "#At byte", "#Bytes", "#Events lost", "What it is");
            foreach (var finding in report.Findings)
            {
                Screen.Row(
                    table,
                    finding.Severity.ToString().ToLowerInvariant(),
                    finding.File,
                    Humanize.Count(finding.Offset),
                    Humanize.Count(finding.Bytes),
                    Humanize.Count(finding.Records),
                    finding.Message);
            }
            Screen.Show(table);
        }
        Screen.Line(report.Sound
            ? report.RecordsLostBefore == 0 ? "Sound." : $"Sound. {Humanize.Count(report.RecordsLostBefore, "event")} lost before this."
            : $"DAMAGED: {Lost(report)} lost. A start sets the places aside and goes on; "
                + "`ingest wal repair` shows what would make the log sound.");
        if (report.LossIsUncounted)
        {
            Screen.Line("A segment was cut off at the end of the log: "
                + "events in that part that no cursor knows of are lost and cannot be counted.");
        }
        if (report.Skipped > 0)
        {
            Screen.Line($"{Skipped(report.Skipped)}.");
        }
    }

    /// <summary>How many events are lost, in words that promise no number where none can be known.</summary>
    internal static string Lost(VerifyReport report) =>
        report.LossIsUncounted ? Uncounted(report.RecordsLost) : Humanize.Count(report.RecordsLost, "event");

    internal static string Uncounted(long atLeast) =>
        atLeast == 0 ? "An unknown number of events" : $"At least {Humanize.Count(atLeast, "event")}";

    private static string Skipped(long numbers) =>
        $"{Humanize.Count(numbers, "number")} skipped by starts after a stop that was not in order, so that none is given out twice";
}
