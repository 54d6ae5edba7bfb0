using System.CommandLine;

namespace Ingest.Worker.Commands.Serve;

/// <summary>The flags of everything that reads a node's settings.</summary>
internal sealed class ServeOptions
{
    private readonly Option<string?> _intake = new("--intake")
    {
        HelpName = "URL",
        Description = "Where producers POST (Listen:Intake). Default http://127.0.0.1:8080.",
    };

    private readonly Option<string?> _admin = new("--admin")
    {
        HelpName = "URL",
        Description = "Where operators look and act (Listen:Admin). Default http://127.0.0.1:8081.",
    };

    private readonly Option<string?> _data = new("--data") { HelpName = "DIR", Description = "The data directory (Data). Default ./data." };

    private readonly Option<string[]> _sinks = new("--sink")
    {
        HelpName = "NAME",
        Description = "A sink to deliver to (Deliver); may be repeated. Default file.",
    };

    private readonly Option<string[]> _dialects = new("--dialect")
    {
        HelpName = "NAME",
        Description = "A dialect to serve (Dialects:NAME:Enabled), several with commas; may be repeated. Default none.",
    };

    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "A JSON file of settings." };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "Key=Value",
        Description = "A setting; may be repeated. `ingest config show` lists all keys.",
    };

    internal void AddTo(Command command)
    {
        command.Add(_intake);
        command.Add(_admin);
        command.Add(_data);
        command.Add(_sinks);
        command.Add(_dialects);
        command.Add(_config);
        command.Add(_set);
    }

    internal ServeArguments Read(ParseResult parsed) => new()
    {
        Intake = parsed.GetValue(_intake),
        Admin = parsed.GetValue(_admin),
        Data = parsed.GetValue(_data),
        Sinks = parsed.GetValue(_sinks) ?? [],
        Dialects = [.. (parsed.GetValue(_dialects) ?? []).SelectMany(names => names.Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
        Config = parsed.GetValue(_config),
        Assignments = parsed.GetValue(_set) ?? [],
    };
}
