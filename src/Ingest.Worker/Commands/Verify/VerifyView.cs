using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;
using Ingest.Worker.Verify.Journals;
using Ingest.Worker.Verify.Judging;
using Ingest.Worker.Verify.Sending;

namespace Ingest.Worker.Commands.Verify;

/// <summary>What was sent, and the verdict.</summary>
internal static class VerifyView
{
    internal static void Show(SendTally tally, Journal journal, Printing printing)
    {
        if (printing.IsDocument)
        {
            var result = new SendResult(journal.Run, tally.Acknowledged, tally.Refused, tally.Unknown, tally.Repeated);
            printing.Print(JsonSerializer.Serialize(result, SendJson.Default.SendResult));
            return;
        }
        Screen.Line($"{Humanize.Count(tally.Acknowledged, "event")} acknowledged, {Humanize.Count(tally.Refused)} refused, "
            + $"{Humanize.Count(tally.Unknown)} of unknown outcome. The journal is {journal.DirectoryPath}.");
        foreach (var (name, count) in tally.Repeated)
        {
            Screen.Line($"{Humanize.Count(count, "attempt")} answered {name}");
        }
    }

    internal static void Show(VerifyReport report, bool noDuplicates, Printing printing)
    {
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(report, VerifyJson.Default.VerifyReport));
            return;
        }
        Screen.Line($"Run {report.Run}: {Humanize.Count(report.Sent, "event")} sent, {Humanize.Count(report.Acknowledged)} acknowledged, "
            + $"{Humanize.Count(report.Refused)} refused, {Humanize.Count(report.Unknown)} of unknown outcome.");
        var table = Screen.NewTable("In the sink", "#Events", "Means");
        Row(table, "arrived", report.Arrived, "of the events sent", Tone.Plain);
        Row(table, "recovered", report.Recovered, "of unknown outcome, and there: allowed", Tone.Plain);
        Row(table, "foreign", report.Foreign, "lines or messages of others", Tone.Plain);
        Row(table, "lost", report.Lost, "answered 202, and not there", Tone.Bad);
        Row(table, "unexpected", report.Unexpected, "there, and never sent, refused or not as it was sent", Tone.Bad);
        Row(table, "out of order", report.OutOfOrder, "first there behind a later one of its key", Tone.Bad);
        var allowed = noDuplicates ? "there again" : "there again: allowed, delivery is at least once";
        Row(table, "duplicated", report.Duplicated, allowed, noDuplicates ? Tone.Bad : Tone.Warning);
        Screen.Show(table);
        foreach (var (finding, offenders) in report.First)
        {
            foreach (var offender in offenders)
            {
                Screen.Line($"{finding}: {offender}");
            }
        }
        var broken = report.IsBroken(noDuplicates);
        Screen.Line(broken ? "A promise is broken." : "Every promise was kept.", broken ? Tone.Bad : Tone.Good);
    }

    private static void Row(TextTable table, string name, long count, string meaning, Tone toneOfSome) =>
        Screen.Row(table, name, new Cell(Humanize.Count(count), count > 0 ? toneOfSome : Tone.Plain), meaning);
}

/// <summary>What was sent, for scripts.</summary>
/// <param name="Run">The run.</param>
/// <param name="Acknowledged">Events answered with 202.</param>
/// <param name="Refused">Events refused for good, or given up after refusals alone.</param>
/// <param name="Unknown">Events given up without knowing what became of them.</param>
/// <param name="Repeated">Attempts that were not answered with 202, by status and code.</param>
internal sealed record SendResult(string Run, long Acknowledged, long Refused, long Unknown, SortedDictionary<string, long> Repeated);

/// <summary>Serializers of what was sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SendResult))]
internal sealed partial class SendJson : JsonSerializerContext;
