using System.Buffers;
using System.Globalization;
using System.Text;

namespace Ingest.Worker.Terminal;

/// <summary>
/// Makes text that others wrote harmless where it is shown: what would move the cursor, change colours, turn the direction of the text or
/// take no room at all is written as its code (<c>\u202E</c>). Stream names, keys, reasons and messages of sinks come from outside.
/// </summary>
internal static class Visible
{
    /// <summary>The text with every control, format and separator character, and every lone surrogate, as its code, one for each
    /// unit of UTF-16: of JSON this leaves the same JSON.</summary>
    internal static string Escape(string text)
    {
        var clean = 0;
        while (clean < text.Length && IsPlain(text[clean]))
        {
            clean++;
        }
        if (clean == text.Length)
        {
            return text;
        }
        var shown = new StringBuilder(text, 0, clean, text.Length + 16);
        for (var rest = text.AsSpan(clean); rest.Length > 0;)
        {
            var whole = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            if (whole && !IsHidden(Rune.GetUnicodeCategory(rune)))
            {
                shown.Append(rest[..length]);
            }
            else
            {
                foreach (var unit in rest[..length])
                {
                    shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
                }
            }
            rest = rest[length..];
        }
        return shown.ToString();
    }

    /// <summary>Text of several lines, such as JSON: line feeds and tabs stay.</summary>
    internal static string EscapeLines(string text) => string.Join('\n', text.Split('\n').Select(EscapeLine));

    private static string EscapeLine(string line) => string.Join('\t', line.Split('\t').Select(Escape));

    private static bool IsPlain(char character) => character is >= ' ' and < '\u007f';

    private static bool IsHidden(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
