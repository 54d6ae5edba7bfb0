using System.Diagnostics;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Proof;

/// <summary>
/// The patches of tests/mutants stay usable: each applies to the sources as they are, and the test that is to notice it exists. Whether it
/// does notice it is asked by <c>make mutants</c>.
/// </summary>
public sealed class MutantPatchTests
{
    private const int MutantsMin = 40;

    private static readonly string[] Patches = [.. Repository.Files("tests/mutants", ".patch")];

    [Fact]
    public void Every_mutant_applies_to_the_sources_as_they_are()
    {
        Assert.True(Patches.Length >= MutantsMin, $"{Patches.Length} mutants were found.");
        Assert.Equal("", string.Concat(Patches.Select(Complaint)));
    }

    [Fact]
    public void Every_mutant_says_what_it_breaks_and_names_a_test_that_exists()
    {
        Assert.All(Patches, patch => Assert.NotEqual("", Head(patch, "what")));
        Assert.Empty(Patches.Select(patch => Head(patch, "killer")).Except(TestNames.All));
        Assert.All(Patches, patch => Assert.True(Directory.Exists(Path.Combine(Repository.Root, "tests", Head(patch, "project"))), patch));
    }

    [Fact]
    public void Every_mutant_that_names_a_row_of_the_proof_names_one_that_there_is()
    {
        var rows = Repository.Lines(Path.Combine(Repository.Root, "checks/proof.sh"))
            .Select(line => line.Split(' ', 4))
            .Where(words => words.Length == 4 && (words[1] is "Wal" or "Crash"))
            .Select(words => words[0])
            .ToList();

        Assert.Contains("power-loss", rows);
        Assert.Empty(Patches.Select(patch => Head(patch, "row")).Where(row => row.Length > 0).Except(rows));
    }

    private static string Head(string patch, string name) =>
        Repository.Lines(patch).FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..] ?? "";

    // Empty where it applies.
    private static string Complaint(string patch)
    {
        var start = new ProcessStartInfo("git", ["apply", "--check", patch])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardError = true,
        };
        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? "" : $"{patch}: {error.Trim()}";
    }
}
