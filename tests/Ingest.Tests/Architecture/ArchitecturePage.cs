using System.Text.RegularExpressions;

namespace Ingest.Tests.Architecture;

/// <summary>What ARCHITECTURE.md claims, read from its two tables.</summary>
internal static partial class ArchitecturePage
{
    private static readonly string[] Lines = Repository.Lines("ARCHITECTURE.md");

    /// <summary>Folders in the first column of the table of folders: <c>| `src/Ingest/Intake` | … |</c>.</summary>
    internal static IReadOnlyList<string> Folders { get; } =
        [.. Lines.Select(line => FolderRow().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    /// <summary>Rows of the table of references: <c>| Intake | Events, Queue |</c>; a dash stands for none.</summary>
    internal static IReadOnlyList<(string Station, string[] May)> References { get; } =
        [.. Lines.Select(line => ReferenceRow().Match(line))
            .Where(match => match.Success && match.Groups[1].Value is not ("Folder" or "Station"))
            .Select(match => (match.Groups[1].Value, Words(match.Groups[2].Value)))];

    private static string[] Words(string cell) =>
        [.. cell.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(word => word != "-")];

    [GeneratedRegex(@"^\| `([a-z][\w./-]*)` \|")]
    private static partial Regex FolderRow();

    [GeneratedRegex(@"^\| ([A-Z]\w+) \| ([\w., -]+) \|$")]
    private static partial Regex ReferenceRow();
}
