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
    private readonly List<string[]> _rows = [];

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
    internal void Add(ReadOnlySpan<string> cells)
    {
        var row = new string[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            row[i] = Visible.Escape(cells[i]);
        }
        _rows.Add(row);
    }

    /// <summary>The lines, none longer than <paramref name="width"/> unless a single cell is.</summary>
    internal IEnumerable<string> Lines(int width)
    {
        var widths = Widths();
        var last = widths.Length - 1;
        var before = widths.Take(last).Sum() + (Gap.Length * last);
        if (before + widths[last] <= width)
        {
            return Table(widths, int.MaxValue);
        }
        return !_right[last] && width - before >= WordsMin ? Table(widths, width - before) : Blocks(width);
    }

    private int[] Widths()
    {
        var widths = Array.ConvertAll(_columns, column => column.Length);
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Length);
            }
        }
        return widths;
    }

    private IEnumerable<string> Table(int[] widths, int lastWidth)
    {
        yield return Line(_columns, widths);
        yield return string.Join(Gap, widths.Select(width => new string('-', Math.Min(width, lastWidth))));
        foreach (var row in _rows)
        {
            var words = Words(row[^1], lastWidth).ToList();
            yield return Line([.. row[..^1], words[0]], widths);
            foreach (var more in words.Skip(1))
            {
                yield return new string(' ', widths.Take(widths.Length - 1).Sum() + (Gap.Length * (widths.Length - 1))) + more;
            }
        }
    }

    private string Line(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            line.Append(i > 0 ? Gap : "").Append(_right[i] ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
        }
        return line.ToString().TrimEnd();
    }

    private IEnumerable<string> Blocks(int width)
    {
        var names = _columns.Max(column => column.Length);
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                var first = true;
                foreach (var line in Words(row[i], Math.Max(WordsMin, width - names - Gap.Length)))
                {
                    yield return ((first ? _columns[i] : "").PadRight(names) + Gap + line).TrimEnd();
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
