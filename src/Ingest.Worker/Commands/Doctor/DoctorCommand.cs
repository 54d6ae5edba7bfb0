using System.CommandLine;
using System.Text.Json;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary><c>ingest doctor</c>: looks at everything a node depends on, judges it, and says what to do.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var command = new Command(
            "doctor",
            "Look at settings, limits, disk, clock, log and lanes, running or not, and say what is wrong and what to do. "
            + "Writes and flushes a small file in the data directory for about a second.");
        var options = new DoctorOptions();
        options.AddTo(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var report = await ExamineAsync(options.Read(parsed), cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize(report, DoctorJson.Default.DoctorReport));
            }
            else
            {
                Show(report);
            }
            return report.Verdict == Verdict.Bad ? ExitCode.NotFine : ExitCode.Fine;
        });
        return command;
    }

    /// <summary>All that can be looked at, in the order of what depends on what.</summary>
    internal static async Task<DoctorReport> ExamineAsync(Patient patient, CancellationToken cancel)
    {
        Diagnosis[] checks =
        [
            .. SettingsCheck.Look(patient),
            .. LimitsCheck.Look(patient),
            .. DiskCheck.Look(patient),
            ClockCheck.Look(),
            .. LogCheck.Look(patient),
            .. await NodeCheck.LookAsync(patient, cancel),
        ];
        return new DoctorReport(checks.Max(check => check.Verdict), checks);
    }

    private static void Show(DoctorReport report)
    {
        foreach (var check in report.Checks)
        {
            var (mark, tone) = check.Verdict switch
            {
                Verdict.Good => ("ok", Tone.Good),
                Verdict.Skipped => ("-", Tone.Faint),
                Verdict.Warning => ("WARN", Tone.Warning),
                _ => ("BAD", Tone.Bad),
            };
            var found = Visible.Escape(check.Reason.Length > 0 ? $"{check.Found} {check.Reason}" : check.Found);
            var space = new string(' ', 6 - mark.Length);
            Console.Out.WriteLine($"{Palette.Paint(mark, tone, Palette.IsOn)}{space}{check.Subject,-12} {found}");
            if (check.Advice.Length > 0)
            {
                Console.Out.WriteLine($"{"",-19}-> {Visible.Escape(check.Advice)}");
            }
        }
        Screen.Line();
        var (bad, warnings) = (Count(Verdict.Bad), Count(Verdict.Warning));
        Screen.Line(
            bad + warnings == 0 ? "Nothing is wrong." : $"{Humanize.Count(bad, "thing")} wrong, {Humanize.Count(warnings, "warning")}.",
            bad > 0 ? Tone.Bad : warnings > 0 ? Tone.Warning : Tone.Good);

        int Count(Verdict verdict) => report.Checks.Count(check => check.Verdict == verdict);
    }
}
