using System.Text.Json;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Output;

/// <summary>How a command was told to print.</summary>
/// <param name="Format">The form.</param>
internal sealed record Printing(OutputFormat Format)
{
    /// <summary>Whether a document for scripts is meant, not text for people.</summary>
    internal bool IsDocument => Format is OutputFormat.Json or OutputFormat.Yaml;

    /// <summary>Whether all columns are meant.</summary>
    internal bool IsWide => Format == OutputFormat.Wide;

    /// <summary>Prints a document on standard output: JSON as it is, on a line of its own, or the same as YAML.</summary>
    internal void Print(string json)
    {
        if (Format == OutputFormat.Yaml)
        {
            using var document = JsonDocument.Parse(json);
            Console.Out.Write(Yaml.Text(document.RootElement));
            return;
        }
        // Control and direction characters have no place outside of strings, and inside of them their codes mean the same.
        Screen.Lines(json.TrimEnd());
    }
}
