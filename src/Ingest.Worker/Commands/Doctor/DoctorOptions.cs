using System.CommandLine;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>The flags that say which node is looked at, and what of it.</summary>
internal sealed class DoctorOptions
{
    private readonly AdminAddress _address = new();

    private readonly Option<string?> _data = new("--data") { HelpName = "DIR", Description = "The data directory (Data). Default ./data." };

    private readonly Option<string[]> _set = new("--set") { HelpName = "Key=Value", Description = "A setting; may be repeated." };

    private readonly Option<bool> _noDisk = new("--no-disk-test")
    {
        Description = "Write nothing: the speed of the disk is not measured.",
    };

    internal void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_set);
        command.Add(_noDisk);
        _address.AddTo(command);
    }

    /// <summary>What is looked at.</summary>
    internal Patient Read(ParseResult parsed)
    {
        var settings = Configuration.Read(new ServeArguments
        {
            Data = parsed.GetValue(_data),
            Config = _address.Config(parsed),
            Assignments = parsed.GetValue(_set) ?? [],
        });
        return new Patient(settings, !parsed.GetValue(_noDisk), () => _address.Connect(parsed));
    }
}
