using System.Text.RegularExpressions;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Proof;

/// <summary>The tests of this repository, read from their sources: pages and mutants name tests of every project.</summary>
internal static partial class TestNames
{
    /// <summary>Every test as <c>Class.Method</c>. Files that hold several classes count for the class named like the file.</summary>
    public static IReadOnlySet<string> All { get; } = Repository.Files("tests", ".cs")
        .SelectMany(path => Method().Matches(File.ReadAllText(Path.Combine(Repository.Root, path)))
            .Select(match => $"{Path.GetFileNameWithoutExtension(path)}.{match.Groups[1].Value}"))
        .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex(@"\[(?:Fact|Theory)[\s\S]*?\n\s*public (?:async )?(?:void|Task|ValueTask) (\w+)\(")]
    private static partial Regex Method();
}
