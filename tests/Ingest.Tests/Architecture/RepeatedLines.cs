namespace Ingest.Tests.Architecture;

/// <summary>
/// Finds runs of identical lines that stand in two places. Lines are compared without indentation and with single spaces; empty lines,
/// usings and the licence do not count, so that files cannot share a run by their beginnings.
/// </summary>
/// <param name="linesMax">The longest run that may stand twice.</param>
internal sealed class RepeatedLines(int linesMax)
{
    /// <summary>Each repeated run once, as <c>file:line ~ file:line</c> of its first lines.</summary>
    /// <param name="files">Paths and lines.</param>
    internal IReadOnlyList<string> Find(IEnumerable<(string Path, string[] Lines)> files)
    {
        var first = new Dictionary<string, (string Path, int Line)>(StringComparer.Ordinal);
        var found = new List<string>();
        // The run that is being followed, so that one of twenty lines is told once.
        (string Path, int Line) expected = default;
        foreach (var (path, lines) in files)
        {
            var counted = Counted(lines).ToList();
            for (var start = 0; start + linesMax < counted.Count; start++)
            {
                var run = counted.GetRange(start, linesMax + 1);
                var text = string.Join('\n', run.Select(line => line.Text));
                if (first.TryAdd(text, (path, run[0].Line)))
                {
                    continue;
                }
                if (expected != (path, run[0].Line))
                {
                    found.Add($"{first[text].Path}:{first[text].Line} ~ {path}:{run[0].Line}");
                }
                expected = (path, run[1].Line);
            }
        }
        return found;
    }

    private static IEnumerable<(string Text, int Line)> Counted(string[] lines) => lines
        .Select((line, index) => (Text: string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), index + 1))
        .Where(line => line.Text.Length > 0 && !IsUsing(line.Text) && !line.Text.Contains("SPDX-", StringComparison.Ordinal));

    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=', StringComparison.Ordinal);
}
