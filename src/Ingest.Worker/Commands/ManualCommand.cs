using System.CommandLine;
using System.Globalization;
using System.Text;
using Ingest.Hosting;

namespace Ingest.Worker.Commands;

/// <summary>
/// <c>ingest man</c>: prints the manual page <c>ingest(1)</c> in man(7) markup. The section on commands is generated
/// from the command definitions, as <c>--help</c> is, so the two cannot disagree; exit codes and environment variables
/// are listed here.
/// </summary>
internal static class ManualCommand
{
    private static readonly (int Code, string Meaning)[] Codes =
    [
        (ExitCode.Fine, "Done, and what was asked about is fine."),
        (ExitCode.NotFine, "What was asked about is not fine: damage was found, the configuration is wrong, something is left."),
        (ExitCode.Usage, "The command line makes no sense."),
        (ExitCode.Unavailable, "Something is in the way: no answer, the directory or the address is in use, the token is wrong."),
        (ExitCode.LogFailed, "The log or the disk under it failed."),
        (ExitCode.Interrupted, "Interrupted from the keyboard."),
    ];

    private static readonly (string Name, string Meaning)[] Variables =
    [
        ("INGEST_SECTION__KEY", "A setting, for example INGEST_Listen__Intake; ingest config show lists them all."),
        ("INGEST_ADMIN", "The admin listener that commands talk to."),
        ("INGEST_CONTEXT", "The context that commands use."),
        ("INGEST_CONTEXTS", "The file with the contexts; ~/.config/ingest/contexts.json by default."),
        ("NO_COLOR, TERM, COLUMNS", "Whether tables have colours, and how wide they are."),
    ];

    internal static Command Create()
    {
        var command = new Command("man", "Print the manual page: ingest man | man -l -");
        command.SetAction(parsed =>
        {
            Console.Out.Write(Page(parsed.RootCommandResult.Command));
            return ExitCode.Fine;
        });
        return command;
    }

    private static string Page(Command root)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $".TH INGEST 1 \"\" \"ingest {Text(NodeVersion.Text)}\" \"User Commands\"\n");
        page.Append(CultureInfo.InvariantCulture, $".SH NAME\ningest \\- {Text(root.Description!.TrimEnd('.'))}\n");
        page.Append(".SH SYNOPSIS\n.B ingest\n.I COMMAND\n[\\fIOPTION\\fR]...\n");
        page.Append(".SH DESCRIPTION\n").Append(Text(
            "Producers POST events over HTTP; a 202 means that they are on disk. Lanes deliver them to files, HTTP endpoints or Kafka, "
            + "whatever happens downstream. ingest serve runs a node; the other commands look at one, operate it, or read its directory."));
        page.Append("\n.SH COMMANDS\n");
        foreach (var command in Leaves(root))
        {
            Append(page, command);
        }
        page.Append(".SH EXIT STATUS\n");
        foreach (var (code, meaning) in Codes)
        {
            page.Append(CultureInfo.InvariantCulture, $".TP\n.B {code}\n{Text(meaning)}\n");
        }
        page.Append(".SH ENVIRONMENT\n");
        foreach (var (name, meaning) in Variables)
        {
            page.Append(CultureInfo.InvariantCulture, $".TP\n.B {Text(name)}\n{Text(meaning)}\n");
        }
        return page.ToString();
    }

    private static IEnumerable<Command> Leaves(Command command) => command.Subcommands.Where(sub => !sub.Hidden)
        .SelectMany(sub => sub.Subcommands.Count > 0 ? Leaves(sub) : [sub]);

    private static void Append(StringBuilder page, Command command)
    {
        page.Append(CultureInfo.InvariantCulture, $".SS {Text(Examples.PathOf(command))}");
        foreach (var argument in command.Arguments.Where(argument => !argument.Hidden))
        {
            page.Append(CultureInfo.InvariantCulture, $" \\fI{Text(argument.HelpName ?? argument.Name)}\\fR");
        }
        page.Append('\n').Append(Text(command.Description ?? "")).Append('\n');
        foreach (var argument in command.Arguments.Where(argument => !argument.Hidden && argument.Description is not null))
        {
            page.Append(CultureInfo.InvariantCulture,
                $".TP\n\\fI{Text(argument.HelpName ?? argument.Name)}\\fR\n{Text(argument.Description!)}\n");
        }
        foreach (var option in command.Options.Where(option => !option.Hidden))
        {
            var names = string.Join(
                ", ", option.Aliases.Order(StringComparer.Ordinal).Append(option.Name).Select(name => $"\\fB{Text(name)}\\fR"));
            var value = option.ValueType == typeof(bool) ? "" : $" \\fI{Text(option.HelpName ?? "VALUE")}\\fR";
            page.Append(CultureInfo.InvariantCulture, $".TP\n{names}{value}\n{Text(option.Description ?? "")}\n");
        }
        page.Append(".PP\nExamples:\n.nf\n");
        foreach (var line in Examples.Of(command))
        {
            page.Append(CultureInfo.InvariantCulture, $"  {Text(line)}\n");
        }
        page.Append(".fi\n");
    }

    // Escapes what man(7) would interpret: a leading . or ' (a request), backslashes and hyphens.
    private static string Text(string text) => (text.StartsWith('.') || text.StartsWith('\'') ? @"\&" : "")
        + text.Replace(@"\", @"\e", StringComparison.Ordinal).Replace("-", @"\-", StringComparison.Ordinal)
            .ReplaceLineEndings("\n.br\n");
}
