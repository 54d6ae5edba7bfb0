using System.CommandLine;
using System.CommandLine.Completions;
using Ingest.Hosting.Server;
using Ingest.Operations.Admin;

namespace Ingest.Worker.Remote;

/// <summary>The flags that say which node is meant, and the files and environment that say it where they do not.</summary>
internal sealed class AdminAddress
{
    private readonly Option<string?> _admin = new("--admin")
    {
        HelpName = "URL",
        Description = "The node's admin listener. Default: INGEST_ADMIN, else the context, else the node's settings, "
            + "http://127.0.0.1:8081.",
    };

    private readonly Option<string?> _context = new("--context")
    {
        HelpName = "NAME",
        Description = "The node of this name: `ingest context list`. Default: INGEST_CONTEXT, else the one in use.",
    };

    private readonly Option<string?> _token = new("--token")
    {
        HelpName = "T",
        Description = "The admin token. Default: INGEST_Admin__Token, the context or the settings.",
    };

    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "The node's file of settings." };

    internal void AddTo(Command command)
    {
        _context.CompletionSources.Add(_ => ContextFile.Read().Contexts.Keys.Select(name => new CompletionItem(name)));
        command.Add(_admin);
        command.Add(_context);
        command.Add(_token);
        command.Add(_config);
    }

    /// <summary>The file of settings, where one was named.</summary>
    internal string? Config(ParseResult parsed) => parsed.GetValue(_config);

    /// <summary>A client of the node that is meant.</summary>
    internal AdminClient Connect(ParseResult parsed)
    {
        var settings = Configuration.Read(new ServeArguments { Config = parsed.GetValue(_config) });
        var place = Find(parsed, settings.Get<ListenerOptions>().Admin);
        var token = parsed.GetValue(_token)
            ?? (settings.Get<AdminOptions>().Token is { Length: > 0 } configured ? configured : place.Context?.ReadToken() ?? "");
        return new AdminClient(place.Url, token, place.Origin);
    }

    // A flag before the environment, the environment before what was set once and for all.
    private Place Find(ParseResult parsed, string configured)
    {
        if (parsed.GetValue(_admin) is { } url)
        {
            return new Place(url, "", null);
        }
        if (parsed.GetValue(_context) is { } named)
        {
            return Of(named, "--context");
        }
        if (Said(Configuration.AdminVariable) is { } said)
        {
            return new Place(said, Configuration.AdminVariable, null);
        }
        if (Said(ContextFile.NameVariable) is { } meant)
        {
            return Of(meant, ContextFile.NameVariable);
        }
        // A file of settings is of one node: what is in use otherwise is another.
        return parsed.GetValue(_config) is null && ContextFile.Read().Current is { } current
            ? Of(current, "the context in use")
            : new Place(configured, "", null);
    }

    private static Place Of(string name, string origin)
    {
        var context = ContextFile.Read().Find(name);
        return new Place(context.Admin, $"context {name}, {origin}", context);
    }

    private static string? Said(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private sealed record Place(string Url, string Origin, NodeContext? Context);
}
