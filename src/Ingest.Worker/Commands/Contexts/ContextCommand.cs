using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Contexts;

/// <summary><c>ingest context</c>: names for the nodes a person works with, and which of them is meant.</summary>
internal static class ContextCommand
{
    internal static Command Create() => new("context", "Give nodes names, and choose the one that commands talk to.")
    {
        CreateList(), CreateSet(), CreateUse(), CreateRemove(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Show the nodes that have names; * marks the one in use.");
        var output = OutputOption.AddTo(command);
        command.SetAction(parsed =>
        {
            var file = ContextFile.Read();
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(JsonSerializer.Serialize(file, ContextJson.Default.ContextFile));
                return ExitCode.Fine;
            }
            if (file.Contexts.Count == 0)
            {
                Screen.Line($"No node has a name in {ContextFile.Place}: `ingest context set NAME --admin URL` gives one.");
                return ExitCode.Fine;
            }
            var table = Screen.NewTable("", "Name", "Admin", "Token file");
            foreach (var (name, context) in file.Contexts)
            {
                Screen.Row(table, name == file.Current ? "*" : "", name, context.Admin, context.TokenFile ?? "");
            }
            Screen.Show(table);
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateSet()
    {
        var name = Name();
        var admin = new Option<string>("--admin") { HelpName = "URL", Description = "The node's admin listener.", Required = true }
            .Must("http://HOST:PORT or http://unix:/PATH", IsAddress);
        var token = new Option<string?>("--token-file")
        {
            HelpName = "FILE",
            Description = "The file its token is in. Only its name is kept.",
        };
        var command = new Command("set", "Give a node a name, or change what it stands for; the first one is in use from then on.")
        {
            name, admin, token,
        };
        command.SetAction(parsed => Change(parsed.GetRequiredValue(name), (file, named) =>
        {
            var tokenFile = parsed.GetValue(token) is { } path ? Path.GetFullPath(path) : null;
            file.Contexts[named] = new NodeContext(parsed.GetRequiredValue(admin), tokenFile);
            var current = file.Current ?? named;
            return (file with { Current = current }, $"{named} is {parsed.GetRequiredValue(admin)}; in use is {current}.");
        }));
        return command;
    }

    private static Command CreateUse()
    {
        var name = Name(known: true);
        var command = new Command("use", "Let commands talk to the node of this name.") { name };
        command.SetAction(parsed => Change(parsed.GetRequiredValue(name), (file, named) =>
            (file with { Current = named }, $"Commands talk to {named} now, {file.Find(named).Admin}.")));
        return command;
    }

    private static Command CreateRemove()
    {
        var name = Name(known: true);
        var command = new Command("remove", "Forget a name. Without one in use, commands talk to the node of this machine's settings.")
        {
            name,
        };
        command.SetAction(parsed => Change(parsed.GetRequiredValue(name), (file, named) =>
        {
            _ = file.Find(named);
            file.Contexts.Remove(named);
            var current = file.Current == named ? null : file.Current;
            return (file with { Current = current }, $"{named} is forgotten{(current is null ? "; none is in use" : "")}.");
        }));
        return command;
    }

    private static int Change(string name, Func<ContextFile, string, (ContextFile File, string Said)> change)
    {
        var (file, said) = change(ContextFile.Read(), name);
        file.Write();
        Screen.Line(said);
        return ExitCode.Fine;
    }

    private static Argument<string> Name(bool known = false)
    {
        var name = new Argument<string>("NAME") { Description = "The node's name: letters, digits, dots, dashes and underscores." }
            .Must("letters, digits, dots, dashes and underscores", text => text.All(IsPart));
        if (known)
        {
            name.CompletionSources.Add(_ => ContextFile.Read().Contexts.Keys.Select(one => new CompletionItem(one)));
        }
        return name;
    }

    private static bool IsAddress(string text) =>
        text.StartsWith(AdminClient.UnixPrefix + "/", StringComparison.Ordinal)
        || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");

    private static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_';
}
