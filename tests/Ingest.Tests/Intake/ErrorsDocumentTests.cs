using System.Text.RegularExpressions;
using Ingest.Intake.Http;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Intake;

/// <summary>docs/errors.md is what producers program against: it has every code, and only those.</summary>
public sealed partial class ErrorsDocumentTests
{
    [Fact]
    public void Every_code_has_an_entry_that_says_its_status_and_what_to_do()
    {
        var entries = Entries();
        var known = ProblemKind.All.Select(kind => kind.Code).Union(BalancersCodes());
        Assert.Equal(known.Order(), entries.Keys.Order());
        Assert.All(BalancersCodes(), code => Assert.Contains("**Do:**", entries[code], StringComparison.Ordinal));
        Assert.All(ProblemKind.All, kind =>
        {
            Assert.StartsWith(kind.Status.ToString(), entries[kind.Code], StringComparison.Ordinal);
            Assert.Contains("**Do:**", entries[kind.Code], StringComparison.Ordinal);
            Assert.Equal(kind.Status is 429 or 503, entries[kind.Code].Contains("Retry-After", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Codes_are_listed_once_and_all_of_them()
    {
        var fields = typeof(ProblemKind)
            .GetFields(System.Reflection.BindingFlags.Static
                | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)
            .Where(field => field.FieldType == typeof(ProblemKind))
            .Select(field => (ProblemKind)field.GetValue(null)!);
        Assert.Equal(fields.Select(kind => kind.Code).Order(), ProblemKind.All.Select(kind => kind.Code).Order());
        Assert.Equal(ProblemKind.All.Count, ProblemKind.All.Select(kind => kind.Code).Distinct().Count());
    }

    /// <summary>What the balancer answers by itself; some of it in the node's words.</summary>
    private static HashSet<string> BalancersCodes() =>
        Repository.Lines("deploy/haproxy/haproxy.cfg").SelectMany(line => BalancersCode().Matches(line))
            .Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex("\\\\\"code\\\\\":\\\\\"([a-z_]+)\\\\\"")]
    private static partial Regex BalancersCode();

    private static Dictionary<string, string> Entries()
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        var code = "";
        foreach (var line in Repository.Lines("docs/errors.md"))
        {
            if (line.StartsWith('#'))
            {
                code = line.StartsWith("### ", StringComparison.Ordinal) ? line[4..] : "";
            }
            else if (code.Length > 0)
            {
                entries[code] = entries.GetValueOrDefault(code) + line + "\n";
            }
        }
        return entries;
    }
}
