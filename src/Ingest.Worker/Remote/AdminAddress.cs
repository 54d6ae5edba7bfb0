using System.CommandLine;
using Ingest.Hosting.Server;
using Ingest.Operations.Admin;

namespace Ingest.Worker.Remote;

/// <summary>The flags that say which node is meant, and the file and environment that say it where they do not.</summary>
internal sealed class AdminAddress
{
    private readonly Option<string?> _admin = new("--admin")
    {
        HelpName = "URL",
        Description = "The node's admin listener. Default: INGEST_ADMIN, else as the node's own settings say, http://127.0.0.1:8081.",
    };

    private readonly Option<string?> _token = new("--token")
    {
        HelpName = "T",
        Description = "The admin token. Default: INGEST_Admin__Token or the settings.",
    };

    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "The node's file of settings." };

    internal void AddTo(Command command)
    {
        command.Add(_admin);
        command.Add(_token);
        command.Add(_config);
    }

    /// <summary>The file of settings, where one was named.</summary>
    internal string? Config(ParseResult parsed) => parsed.GetValue(_config);

    private static string? Said(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    internal AdminClient Connect(ParseResult parsed)
    {
        var settings = Configuration.Read(new ServeArguments { Config = parsed.GetValue(_config) });
        var url = parsed.GetValue(_admin) ?? Said(Configuration.AdminVariable) ?? settings.Get<ListenerOptions>().Admin;
        var token = parsed.GetValue(_token) ?? settings.Get<AdminOptions>().Token;
        return new AdminClient(url, token);
    }
}
