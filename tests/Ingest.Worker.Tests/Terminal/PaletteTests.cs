using System.Text.RegularExpressions;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Tests.Terminal;

public sealed partial class PaletteTests
{
    [Theory]
    [InlineData(null, "xterm-256color", true)]
    [InlineData("", "xterm", true)]
    [InlineData("0", "xterm", false)]
    [InlineData("1", "xterm", false)]
    [InlineData(null, "dumb", false)]
    [InlineData(null, "", false)]
    [InlineData(null, null, false)]
    public void Colours_are_allowed_by_the_environment_alone(string? noColor, string? terminal, bool isAllowed)
    {
        Assert.Equal(isAllowed, Palette.Decide(noColor, terminal));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(50)]
    [InlineData(200)]
    public void A_coloured_table_is_the_plain_one_with_colours(int width)
    {
        var table = new TextTable(["Lane", "#Pending", "State", "Reason"]);
        table.Add("kafka", new Cell("1,234", Tone.Bad), new Cell("open", Tone.Warning), new Cell("the broker is away", Tone.Faint));
        table.Add("file", "0", "idle", "");

        var coloured = table.Lines(width, isColoured: true).ToList();

        Assert.Contains(coloured, line => line.Contains('\e'));
        Assert.Equal(table.Lines(width), coloured.Select(line => Colour().Replace(line, "")).Select(line => line.TrimEnd()));
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colour();
}
