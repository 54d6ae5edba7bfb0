using System.Text.RegularExpressions;

namespace Ingest.Tests.Architecture;

/// <summary>The few rules of style we mean, as a test instead of a page.</summary>
public sealed partial class TidyTests
{
    private const int FileLinesMax = 300;
    private const int LineCharactersMax = 140;
    private const string SummaryStart = "/// <summary>";

    private static IEnumerable<string> Production => Repository.Files("src", ".cs").Concat(Repository.Files("wal", ".cs"));

    private static IEnumerable<string> Sources => Production.Concat(Repository.Files("tests", ".cs"));

    [Fact]
    public void No_production_file_is_longer_than_one_concept_needs()
    {
        None(Production.Where(path => Repository.Lines(path).Length > FileLinesMax));
    }

    [Fact]
    public void No_production_type_is_longer_with_all_its_parts_counted_together()
    {
        None(PartialTypes.Lines(Production.Select(path => (path, Repository.Lines(path))))
            .Where(type => type.Value > FileLinesMax)
            .Select(type => $"{type.Key}: {type.Value}"));
    }

    [Fact]
    public void Parts_of_a_type_are_counted_together_and_types_of_one_name_in_two_namespaces_are_not()
    {
        string[] part = ["namespace A;", "", "internal sealed partial class Long", "{", "}"];

        Assert.Equal(
            [("A.Long", 10), ("B.Long", 5)],
            PartialTypes.Lines([("Long.cs", part), ("Long.More.cs", part), ("B/Long.cs", ["namespace B;", .. part[1..]])])
                .Select(type => (type.Key, type.Value)).Order());
    }

    [Fact]
    public void No_line_is_longer_than_a_screen()
    {
        None(Each((_, line) => line.Length > LineCharactersMax && !line.Contains("https://", StringComparison.Ordinal)));
    }

    [Fact]
    public void Nothing_unfinished_is_left()
    {
        var marks = new[] { "TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception" };
        None(Each((_, line) => marks.Any(mark => line.Contains(mark, StringComparison.Ordinal))));
    }

    [Fact]
    public void Names_say_what_a_thing_is()
    {
        None(Sources.Where(path => VagueName().IsMatch(Path.GetFileNameWithoutExtension(path))));
    }

    [Fact]
    public void Comments_name_what_acts()
    {
        None(Each((_, line) => VagueWord().IsMatch(line)));
    }

    [Theory]
    [InlineData("        /" + "/ Nobody reads it.", true)]
    [InlineData("    /// <summary>Told to who" + "ever asks.</summary>", true)]
    [InlineData("    /// <summary>The client reads it.</summary>", false)]
    [InlineData("    var nobody = 1;", false)]
    public void A_comment_that_does_not_is_found(string line, bool isFound)
    {
        Assert.Equal(isFound, VagueWord().IsMatch(line));
    }

    [Fact]
    public void Summaries_open_with_what_they_describe()
    {
        None(Sources.SelectMany(path => Summaries(Repository.Lines(path))
            .Where(summary => VagueOpening().IsMatch(summary.Text))
            .Select(summary => $"{path}:{summary.Line}: {summary.Text}")));
    }

    [Theory]
    [InlineData("It is free.", true)]
    [InlineData("Its name.", true)]
    [InlineData("Which lane.", true)]
    [InlineData("Items that wait.", false)]
    [InlineData("True while it waits.", false)]
    public void A_summary_that_opens_with_a_pronoun_or_a_conjunction_is_found(string text, bool isFound)
    {
        string[] apart = ["    /// <summary>", "    /// " + text, "    /// </summary>"];

        Assert.Equal(isFound, Summaries(apart).Any(summary => VagueOpening().IsMatch(summary.Text)));
        Assert.Equal(isFound, Summaries([$"    /// <summary>{text}</summary>"]).Any(summary => VagueOpening().IsMatch(summary.Text)));
    }

    [Fact]
    public void Warnings_are_suppressed_with_a_reason_or_not_at_all()
    {
        var pragma = "#pragma warning " + "disable";
        None(Each((_, line) => line.Contains(pragma, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_log_message_has_a_number_of_its_own()
    {
        var numbers = Sources
            .Select(path => (path, Matches: LogNumber().Matches(string.Join('\n', Repository.Lines(path)))))
            .SelectMany(file => file.Matches.Select(match => (Number: match.Groups[1].Value, file.path)))
            .ToList();
        None(numbers.GroupBy(entry => entry.Number).Where(group => group.Count() > 1).Select(group => string.Join(' ', group)));
    }

    [Fact]
    public void Nothing_names_a_place_outside_of_the_project()
    {
        var registries = new[] { "nuget" + ".org", "npmjs" + ".org", "/work" + "/" };
        var texts = Sources
            .Concat(Repository.Files("docs", ".md"))
            .Concat(Repository.Files("deploy", ""))
            .Append("README.md")
            .Append("CHANGELOG.md");
        None(texts.Where(path => Repository.Lines(path).Any(line =>
            registries.Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)))));
    }

    private static void None(IEnumerable<string> violations)
    {
        var list = string.Join('\n', violations);
        Assert.True(list.Length == 0, list);
    }

    private static IEnumerable<string> Each(Func<string, string, bool> broken) =>
        Sources.SelectMany(path => Repository.Lines(path)
            .Select((line, index) => (line, index))
            .Where(entry => broken(path, entry.line))
            .Select(entry => $"{path}:{entry.index + 1}"));

    // The first line of each summary, and where it stands.
    private static IEnumerable<(int Line, string Text)> Summaries(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimStart();
            if (!line.StartsWith(SummaryStart, StringComparison.Ordinal))
            {
                continue;
            }
            var text = line[SummaryStart.Length..];
            yield return text.Length > 0 || i + 1 == lines.Length ? (i + 1, text) : (i + 2, lines[i + 1].TrimStart(' ', '/'));
        }
    }

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Utilities)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"/{2}.*\b(nobody|somebody|whoever)\b", RegexOptions.IgnoreCase)]
    private static partial Regex VagueWord();

    // Pronouns and conjunctions: what they stand for is outside of the sentence.
    [GeneratedRegex(
        "^(It|Its|They|Them|Their|This|These|Those|That|Who|Whom|Whose|Which|There|As|Because|Since|So|Then|Though|Unless|Until|While"
        + "|If|And|But|Or|I|We|You|He|She)\\b")]
    private static partial Regex VagueOpening();

    [GeneratedRegex(@"LoggerMessage\(\s*(\d+),")]
    private static partial Regex LogNumber();
}
