namespace Ingest.Tests.Architecture;

/// <summary>A mechanism is written once: what stands twice is mended in one place and stays broken in the other.</summary>
public sealed class RepetitionTests
{
    private const int LinesMax = 10;

    [Fact]
    public void No_more_than_ten_identical_lines_in_a_row_stand_twice()
    {
        var sources = Repository.Files("src", ".cs").Concat(Repository.Files("wal", ".cs"));

        Assert.Empty(new RepeatedLines(LinesMax).Find(sources.Select(path => (path, Repository.Lines(path)))));
    }

    [Fact]
    public void A_run_of_eleven_is_found_whatever_its_indentation_and_told_once()
    {
        var run = Enumerable.Range(1, 14).Select(number => $"var x{number} = {number};").ToArray();
        string[] indented = ["namespace B;", "", .. run.Select(line => $"        {line.Replace(" ", "  ", StringComparison.Ordinal)}")];

        Assert.Equal(["a.cs:1 ~ b.cs:3"], new RepeatedLines(LinesMax).Find([("a.cs", run), ("b.cs", indented)]));
        Assert.Equal(["a.cs:1 ~ a.cs:15"], new RepeatedLines(LinesMax).Find([("a.cs", [.. run, .. run])]));
    }

    [Fact]
    public void Ten_lines_usings_and_empty_lines_may_stand_twice()
    {
        var run = Enumerable.Range(1, LinesMax).Select(number => $"var x{number} = {number};").ToArray();
        var usings = Enumerable.Range(1, 12).SelectMany(number => new[] { $"using System.N{number};", "" }).ToArray();

        Assert.Empty(new RepeatedLines(LinesMax).Find([("a.cs", [.. usings, .. run]), ("b.cs", [.. usings, "// another", .. run])]));
    }
}
