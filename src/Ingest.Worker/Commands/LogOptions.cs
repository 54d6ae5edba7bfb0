using System.CommandLine;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands;

/// <summary>The flags that name a log on disk and where it is to be delivered, for a node that does not run.</summary>
internal sealed class LogOptions
{
    private readonly Option<string?> _data = new("--data")
    {
        HelpName = "DIR",
        Description = "The data directory of a node that does not run: deliver its log and exit.",
    };

    private readonly Option<string[]> _sinks = new("--sink")
    {
        HelpName = "NAME",
        Description = "With --data: a sink to deliver to; may be repeated. Default: as the settings say.",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "Key=Value",
        Description = "With --data: a setting; may be repeated.",
    };

    internal void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_sinks);
        command.Add(_set);
    }

    /// <summary>What was said about a log on disk; null when a running node is meant.</summary>
    internal ServeArguments? Read(ParseResult parsed, AdminAddress address)
    {
        if (parsed.GetValue(_data) is { } data)
        {
            return new ServeArguments
            {
                Data = data,
                Sinks = parsed.GetValue(_sinks) ?? [],
                Assignments = parsed.GetValue(_set) ?? [],
                Config = address.Config(parsed),
            };
        }
        return parsed.GetValue(_sinks) is { Length: > 0 } || parsed.GetValue(_set) is { Length: > 0 }
            ? throw new CommandFailure(ExitCode.Usage, "--sink and --set go with --data DIR, the log of a node that does not run.")
            : null;
    }
}
