using System.Text.RegularExpressions;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Tests.Terminal;

public sealed partial class TextTableTests
{
    [Theory]
    [InlineData(48)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(240)]
    public void No_number_and_no_word_is_broken_at_any_width(int width)
    {
        var table = Lanes();

        var lines = table.Lines(width).ToList();

        var words = lines.SelectMany(line => Word().Matches(line)).Select(match => match.Value).ToList();
        Assert.Contains("1,234,567,890", words);
        Assert.Contains("12,345,678", words);
        Assert.Contains("connection_refused_by_the_broker", words);
        Assert.Contains("orders-of-the-whole-company", words);
        Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} of {width}: {line}"));
    }

    [Fact]
    public void What_fits_is_one_line_a_row_with_numbers_to_the_right()
    {
        var table = new TextTable(["Lane", "#Pending"]);
        table.Add(["file", "7"]);
        table.Add(["kafka", "12,345"]);

        Assert.Equal(["Lane   Pending", "-----  -------", "file         7", "kafka   12,345"], table.Lines(80));
    }

    [Fact]
    public void A_last_column_of_words_takes_several_lines_below_each_other()
    {
        var table = new TextTable(["Lane", "Reason"]);
        table.Add(["file", "the disk is full and the folder cannot be written any more"]);

        Assert.Equal(
            ["Lane  Reason", "----  --------------------------", "file  the disk is full and the", "      folder cannot be written",
                "      any more"],
            table.Lines(32));
    }

    [Fact]
    public void A_cell_from_outside_can_neither_turn_nor_hide_nor_break_its_row()
    {
        var table = new TextTable(["Key"]);
        table.Add(["a\u202Eb\nc\u001b[31md\u200be"]);

        Assert.Equal(@"a\u202Eb\u000Ac\u001B[31md\u200Be", table.Lines(80).Last());
    }

    private static TextTable Lanes()
    {
        var table = new TextTable(["Lane", "Stream", "#Pending", "#Delivered", "#Dead", "Since", "Reason"]);
        table.Add(
            [
                "kafka", "orders-of-the-whole-company", "12,345,678", "1,234,567,890", "0", "2026-11-21",
                "connection_refused_by_the_broker and then some words that explain it to whoever reads this",
            ]);
        table.Add(["file", "a", "0", "5", "1,000", "2026-11-21", ""]);
        return table;
    }

    [GeneratedRegex(@"\S+")]
    private static partial Regex Word();
}
