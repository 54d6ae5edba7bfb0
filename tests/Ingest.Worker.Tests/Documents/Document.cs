using System.Text.RegularExpressions;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Documents;

/// <summary>A page in Markdown.</summary>
internal sealed partial class Document(string name)
{
    /// <summary>All that an operator reads.</summary>
    internal static IEnumerable<Document> All => Directory.GetFiles(Path.Combine(SourceTree.Root, "docs"), "*.md")
        .Select(path => $"docs/{Path.GetFileName(path)}")
        .Append("README.md")
        .Append("deploy/README.md")
        .Append("wal/README.md")
        .Select(path => new Document(path));

    internal string Name => name;

    private string Text { get; } = File.ReadAllText(Path.Combine(SourceTree.Root, name));

    /// <summary>The blocks of a language, in order.</summary>
    internal IEnumerable<string> Blocks(string language) =>
        Fence().Matches(Text).Where(match => match.Groups[1].Value == language).Select(match => match.Groups[2].Value);

    /// <summary>The lines of all blocks for a shell, those joined that go on behind a backslash.</summary>
    internal IEnumerable<string> ShellLines => Blocks("sh").Concat(Blocks(""))
        .SelectMany(block => block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        .Select(line => line.Trim());

    /// <summary>What stands in a sentence as code.</summary>
    internal IEnumerable<string> Spans => Span().Matches(Fence().Replace(Text, "")).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"(?ms)^```([a-z]*)\n(.*?)^```")]
    private static partial Regex Fence();

    [GeneratedRegex(@"`([^`]+)`")]
    private static partial Regex Span();
}
