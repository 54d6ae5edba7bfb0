using System.CommandLine;

namespace Ingest.Worker.Commands;

/// <summary><c>--json</c>: for scripts.</summary>
internal static class JsonOption
{
    internal static Option<bool> AddTo(Command command)
    {
        var option = new Option<bool>("--json") { Description = "Print JSON for scripts instead of a table for people." };
        command.Add(option);
        return option;
    }
}
