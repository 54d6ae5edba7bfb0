using System.Text;

namespace Ingest.Worker.Terminal;

/// <summary>
/// Rows under a header. Cells are never broken: where all columns together are wider than the screen, the last column takes several lines,
/// broken between words alone; where that is not enough, each row becomes a block of lines, one a column.
/// </summary>
internal sealed class TextTable
{
    private const string Gap = "  ";

    // Below this a column of words is a column of syllables.
    private const int WordsMin = 24;

    private readonly string[] _columns;
    private readonly bool[] _right;
    private readonly List<Cell[]> _rows = [];

    /// <param name="columns">Headings; those that begin with <c>#</c> stand to the right.</param>
    internal TextTable(ReadOnlySpan<string> columns)
    {
        _right = new bool[columns.Length];
        _columns = new string[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            _right[i] = columns[i].StartsWith('#');
            _columns[i] = Visible.Escape(_right[i] ? columns[i][1..] : columns[i]);
        }
    }

    /// <summary>How many rows it has.</summary>
    internal int Count => _rows.Count;

    /// <summary>Adds a row; what its cells hold is escaped.</summary>
    internal void Add(params ReadOnlySpan<Cell> cells)
    {
        var row = new Cell[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            row[i] = cells[i] with { Text = Visible.Escape(cells[i].Text) };
        }
        _rows.Add(row);
    }

    /// <summary>The lines, none longer than <paramref name="width"/> unless a single cell is.</summary>
    /// <param name="width">Columns of the screen.</param>
    /// <param name="isColoured">Whether cells are in the colour of their tone.</param>
    internal IEnumerable<string> Lines(int width, bool isColoured = false)
    {
        var widths = Widths();
        var last = widths.Length - 1;
        var before = widths.Take(last).Sum() + (Gap.Length * last);
        if (before + widths[last] <= width)
        {
            return Table(widths, int.MaxValue, isColoured);
        }
        return !_right[last] && width - before >= WordsMin
            ? Table(widths, width - before, isColoured)
            : Blocks(width, isColoured);
    }

    private int[] Widths()
    {
        var widths = Array.ConvertAll(_columns, column => column.Length);
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Text.Length);
            }
        }
        return widths;
    }

    private IEnumerable<string> Table(int[] widths, int lastWidth, bool isColoured)
    {
        yield return Line(Array.ConvertAll(_columns, column => new Cell(column)), widths, isColoured);
        yield return string.Join(Gap, widths.Select(width => new string('-', Math.Min(width, lastWidth))));
        foreach (var row in _rows)
        {
            var words = Words(row[^1].Text, lastWidth).ToList();
            yield return Line([.. row[..^1], row[^1] with { Text = words[0] }], widths, isColoured);
            foreach (var more in words.Skip(1))
            {
                yield return new string(' ', widths.Take(widths.Length - 1).Sum() + (Gap.Length * (widths.Length - 1)))
                    + Palette.Paint(more, row[^1].Tone, isColoured);
            }
        }
    }

    private string Line(Cell[] cells, int[] widths, bool isColoured)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var space = new string(' ', Math.Max(0, widths[i] - cells[i].Text.Length));
            var text = Palette.Paint(cells[i].Text, cells[i].Tone, isColoured);
            line.Append(i > 0 ? Gap : "").Append(_right[i] ? space + text : text + space);
        }
        return line.ToString().TrimEnd();
    }

    private IEnumerable<string> Blocks(int width, bool isColoured)
    {
        var names = _columns.Max(column => column.Length);
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                var first = true;
                foreach (var line in Words(row[i].Text, Math.Max(WordsMin, width - names - Gap.Length)))
                {
                    var text = Palette.Paint(line, row[i].Tone, isColoured);
                    yield return ((first ? _columns[i] : "").PadRight(names) + Gap + text).TrimEnd();
                    first = false;
                }
            }
            yield return "";
        }
    }

    /// <summary>The text in lines of at most <paramref name="width"/> characters where it has spaces to break at.</summary>
    private static IEnumerable<string> Words(string text, int width)
    {
        while (text.Length > width)
        {
            var space = text.LastIndexOf(' ', width, width + 1);
            space = space > 0 ? space : text.IndexOf(' ', width);
            if (space < 0)
            {
                break;
            }
            yield return text[..space];
            text = text[(space + 1)..];
        }
        yield return text;
    }
}
