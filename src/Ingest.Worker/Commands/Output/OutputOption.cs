using System.CommandLine;

namespace Ingest.Worker.Commands.Output;

/// <summary><c>-o table|wide|json|yaml</c>, and <c>--json</c>, which is short for one of them.</summary>
internal sealed class OutputOption
{
    private readonly Option<string?> _format;

    private readonly Option<bool> _json = new("--json") { Description = "The same as -o json." };

    private OutputOption(bool hasColumns) => _format = Create(hasColumns);

    /// <summary>For a command that shows something.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasColumns">Whether it has a table with further columns, for <c>-o wide</c>.</param>
    internal static OutputOption AddTo(Command command, bool hasColumns = false)
    {
        var option = new OutputOption(hasColumns);
        command.Add(option._format);
        command.Add(option._json);
        command.Validators.Add(result =>
        {
            if (result.GetValue(option._json) && result.GetValue(option._format) is { } format and not "json")
            {
                result.AddError($"--json and -o {format} are two different forms: say one.");
            }
        });
        return option;
    }

    internal Printing Read(ParseResult parsed) => new(
        parsed.GetValue(_json) ? OutputFormat.Json
        : parsed.GetValue(_format) is { } named ? Enum.Parse<OutputFormat>(named, ignoreCase: true)
        : OutputFormat.Table);

    private static Option<string?> Create(bool hasColumns)
    {
        string[] forms = hasColumns ? ["table", "wide", "json", "yaml"] : ["table", "json", "yaml"];
        var option = new Option<string?>("--output", "-o")
        {
            HelpName = string.Join('|', forms),
            Description = hasColumns
                ? "The form: a table for people, one with all columns, or JSON or YAML for scripts."
                : "The form: for people, or JSON or YAML for scripts.",
        }.Must(string.Join(", ", forms[..^1]) + " or " + forms[^1], text => forms.Contains(text, StringComparer.Ordinal));
        option.CompletionSources.Add(forms);
        return option;
    }
}
