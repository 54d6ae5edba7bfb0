using System.Text.RegularExpressions;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Proof;

/// <summary>docs/faults.md says of each fault which test keeps it: the test is there.</summary>
public sealed partial class FaultPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "faults.md"));

    [Fact]
    public void Every_test_that_the_page_of_faults_names_exists()
    {
        var named = Name().Matches(Page).Select(match => match.Groups[1].Value).ToList();

        Assert.True(named.Count > 60, $"{named.Count} tests are named.");
        Assert.Empty(named.Except(TestNames.All));
    }

    [Fact]
    public void Every_fault_names_the_test_that_keeps_it()
    {
        var faults = Page.Split("\n- **").Skip(1).ToList();

        Assert.True(faults.Count > 50, $"{faults.Count} faults were found.");
        Assert.Empty(faults.Where(fault => !Kept().IsMatch(fault)).Select(fault => fault.Split('\n')[0]));
    }

    [GeneratedRegex(@"`(\w+(?:Tests|Contract)\.\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"Tests?:\s+`\w+\.\w+`")]
    private static partial Regex Kept();
}
