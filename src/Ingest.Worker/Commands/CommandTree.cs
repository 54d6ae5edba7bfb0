using System.CommandLine;
using System.CommandLine.Help;
using Ingest.Hosting;
using Ingest.Hosting.Lifecycle;
using Ingest.Worker.Commands.Audit;
using Ingest.Worker.Commands.Bench;
using Ingest.Worker.Commands.Config;
using Ingest.Worker.Commands.Contexts;
using Ingest.Worker.Commands.DeadLetters;
using Ingest.Worker.Commands.Debug;
using Ingest.Worker.Commands.Doctor;
using Ingest.Worker.Commands.Drain;
using Ingest.Worker.Commands.Fleet;
using Ingest.Worker.Commands.Lanes;
using Ingest.Worker.Commands.Policy;
using Ingest.Worker.Commands.Serve;
using Ingest.Worker.Commands.Status;
using Ingest.Worker.Commands.Support;
using Ingest.Worker.Commands.Tail;
using Ingest.Worker.Commands.Verify;
using Ingest.Worker.Commands.Wal;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands;

/// <summary>The commands and how they are called.</summary>
internal static class CommandTree
{
    // A value that begins with @ is a value: no file is read in its place.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>Parses and runs. Mistakes on the command line end with exit code 2 and one line that says which.</summary>
    /// <param name="arguments">The words after <c>ingest</c>.</param>
    /// <param name="signals">The process's signals, where the command is <c>serve</c>.</param>
    internal static async Task<int> RunAsync(string[] arguments, ShutdownSignals? signals)
    {
        // A start describes its own command alone: the others are made where a mistake is to be explained.
        var root = signals is null ? Create() : NewRoot([ServeCommand.Create(signals)]);
        var parsed = root.Parse(GlobalFlags.Sort(root, arguments), Parsing);
        if (parsed.Errors.Count > 0 && signals is not null)
        {
            root = Create(signals);
            parsed = root.Parse(GlobalFlags.Sort(root, arguments), Parsing);
        }
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"ingest: {Visible.Escape(error.Message)}");
            }
            foreach (var hint in Correction.For(parsed))
            {
                await Console.Error.WriteLineAsync($"ingest: {Visible.Escape(hint)}");
            }
            await Console.Error.WriteLineAsync($"ingest: try `{Examples.PathOf(parsed.CommandResult.Command)} --help`.");
            return ExitCode.Usage;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // Signals are the drain's: it takes longer than this library would wait before ending the process.
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>All of them.</summary>
    internal static RootCommand Create(ShutdownSignals? signals = null) => NewRoot(
        [
            ServeCommand.Create(signals),
            StatusCommand.Create(),
            TopCommand.Create(),
            DrainCommand.CreateDrain(),
            DrainCommand.CreateResume(),
            LanesCommand.Create(),
            PolicyCommand.Create(),
            TailCommand.Create(),
            BenchCommand.Create(),
            VerifyCommand.Create(),
            DeadLettersCommand.Create(),
            WalCommand.Create(),
            FleetCommand.Create(),
            DoctorCommand.Create(),
            SupportBundleCommand.Create(),
            DebugCommand.Create(),
            AuditCommand.Create(),
            ConfigCommand.Create(),
            ContextCommand.Create(),
            CompletionCommand.Create(),
            ManualCommand.Create(),
        ]);

    private static RootCommand NewRoot(Command[] commands)
    {
        var root = new RootCommand("Takes events over HTTP, answers 202 when they are on disk, and delivers them.");
        foreach (var command in commands)
        {
            root.Add(command);
        }
        root.HelpName = "ingest";
        root.SetAction(parsed => new Examples(new HelpAction()).Invoke(parsed));
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            // Those of another system: /h is a path here.
            option.Aliases.Remove("/h");
            option.Aliases.Remove("/?");
            option.Action = new Examples(new HelpAction());
        }
        foreach (var option in root.Options.OfType<VersionOption>())
        {
            option.Action = new VersionAction();
        }
        return root;
    }

    private sealed class VersionAction : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"ingest {NodeVersion.Text}");
            return ExitCode.Fine;
        }
    }
}
