using System.CommandLine;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Verify;
using Ingest.Worker.Verify.Journals;
using Ingest.Worker.Verify.Readings;
using Ingest.Worker.Verify.Sending;

namespace Ingest.Worker.Commands.Verify;

/// <summary>
/// <c>ingest verify</c>: sends a node numbered events, and counts what its sink lost, made up, repeated or put out of order.
/// </summary>
internal static class VerifyCommand
{
    internal static Command Create() => new(
        "verify", "Send a node numbered events, and count what its sink lost, made up, repeated or put out of order.")
    {
        CreateSend(), CreateCheck(), CreateRun(),
    };

    private static Command CreateSend()
    {
        var command = new Command(
            "send",
            "Send numbered, keyed events and journal every answer. Another one with the same journal goes on with the numbers behind it.");
        var journal = AddJournal(command);
        var options = new SendOptions(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var plan = options.Read(parsed);
            using var open = Journal.Open(parsed.GetRequiredValue(journal));
            var tally = await SendAsync(plan, open, cancel);
            VerifyView.Show(tally, open, output.Read(parsed));
            return tally.Refused + tally.Unknown == 0 ? ExitCode.Fine : ExitCode.NotFine;
        });
        return command;
    }

    private static Command CreateCheck()
    {
        var command = new Command(
            "check",
            "Read a sink and hold it against a journal. Exit code 1: something is lost, unexpected or out of order.");
        var journal = AddJournal(command);
        var options = new CheckOptions(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            options.Require(parsed);
            var path = parsed.GetRequiredValue(journal);
            if (!File.Exists(Path.Combine(path, Journal.FileName)))
            {
                throw new CommandFailure(ExitCode.Unavailable, $"There is no journal in {path}: `ingest verify send` makes one.");
            }
            using var open = Journal.Open(path);
            if (open.Contents.Ledger.IsEmpty)
            {
                throw new CommandFailure(ExitCode.Unavailable, $"The journal in {path} is empty: nothing was sent.");
            }
            return await options.WithReadingAsync(parsed, open, reading =>
                JudgeAsync(parsed, options, open.Run, open.Contents, reading, output.Read(parsed), cancel));
        });
        return command;
    }

    private static Command CreateRun()
    {
        var command = new Command("run", "Send as `ingest verify send` does, and then check as `ingest verify check` does; the receiver "
            + "of --http listens meanwhile.");
        var journal = AddJournal(command);
        var sending = new SendOptions(command);
        var options = new CheckOptions(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            options.Require(parsed);
            var plan = sending.Read(parsed);
            var open = Journal.Open(parsed.GetRequiredValue(journal));
            using (open)
            {
                return await options.WithReadingAsync(parsed, open, async reading =>
                {
                    await SendAsync(plan, open, cancel);
                    open.Flush();
                    var contents = JournalContents.Read(Path.Combine(open.DirectoryPath, Journal.FileName));
                    return await JudgeAsync(parsed, options, open.Run, contents, reading, output.Read(parsed), cancel);
                });
            }
        });
        return command;
    }

    private static Option<string> AddJournal(Command command)
    {
        var option = new Option<string>("--journal")
        {
            HelpName = "DIR",
            Description = "The directory of the journal; made if it is missing. One process has it at a time.",
            Required = true,
        };
        command.Add(option);
        return option;
    }

    private static async Task<SendTally> SendAsync(SendPlan plan, Journal journal, CancellationToken cancel)
    {
        var run = new SendRun(plan, journal, TimeProvider.System);
        await run.RunAsync(cancel);
        return run.Tally.WasAnswered || cancel.IsCancellationRequested
            ? run.Tally
            : throw new CommandFailure(
                ExitCode.Unavailable,
                $"Nobody answers at {plan.Target.GetLeftPart(UriPartial.Authority)}: {run.Tally.FirstTrouble}");
    }

    private static async Task<int> JudgeAsync(
        ParseResult parsed,
        CheckOptions options,
        string run,
        JournalContents contents,
        ISinkReading reading,
        Printing printing,
        CancellationToken cancel)
    {
        var took = await new CheckRun(contents.Ledger, reading, options.Settle(parsed), TimeProvider.System).RunAsync(cancel);
        var report = contents.Ledger.Judge(run, took.TotalSeconds);
        var noDuplicates = options.NoDuplicates(parsed);
        VerifyView.Show(report, noDuplicates, printing);
        return report.IsBroken(noDuplicates) ? ExitCode.NotFine : ExitCode.Fine;
    }
}
