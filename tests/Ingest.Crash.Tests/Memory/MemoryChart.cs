using System.Globalization;
using System.Text;

namespace Ingest.Crash.Tests.Memory;

/// <summary>Draws a trace: memory above, readiness and answers below, on one axis of time.</summary>
internal sealed class MemoryChart
{
    private const string Variable = "INGEST_TEST_MEMORY_CHART";
    private const double Mega = 1024 * 1024;
    private const int Width = 960;
    private const int Left = 64;
    private const int Right = 24;
    private const int Top = 64;
    private const int MemoryHeight = 260;
    private const int StateTop = Top + MemoryHeight + 34;
    private const int StateHeight = 16;
    private const int AnswersTop = StateTop + StateHeight + 34;
    private const int AnswersHeight = 90;
    private const int Height = AnswersTop + AnswersHeight + 48;

    private readonly StringBuilder _svg = new();
    private readonly IReadOnlyList<MemoryLook> _looks;
    private readonly double _limit;
    private readonly double _seconds;

    private MemoryChart(IReadOnlyList<MemoryLook> looks, long limit) =>
        (_looks, _limit, _seconds) = (looks, limit, looks[^1].Seconds);

    /// <summary>Writes the chart to the file the environment names; without one nothing happens.</summary>
    internal static void Write(IReadOnlyList<MemoryLook> looks, long limit)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            File.WriteAllText(path, new MemoryChart(looks, limit).Draw());
        }
    }

    private string Draw()
    {
        Add($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" role="img" aria-label="Memory and health over time">
            <style>
              text {"{"} font: 12px system-ui, sans-serif; fill: #4a5568 {"}"}
              .title {"{"} font-size: 16px; font-weight: 600; fill: #1a202c {"}"}
              .grid {"{"} stroke: #e2e8f0; stroke-width: 1 {"}"}
              .mark {"{"} stroke: #a0aec0; stroke-width: 1; stroke-dasharray: 4 4 {"}"}
            </style>
            <rect width="{Width}" height="{Height}" fill="#ffffff"/>
            <text class="title" x="{Left}" y="26">{_limit / Mega:F0} MiB for a node: page cache flips nothing, full memory flips once</text>
            """);
        Legend();
        Memory();
        Phases();
        State();
        Answers();
        Axis();
        return _svg.Append("</svg>\n").ToString();
    }

    private void Legend()
    {
        (string Colour, string Text)[] entries =
            [("#cbd5e0", "charged to the group, page cache and all"), ("#2b6cb0", "ratio that counts (own memory or heap)")];
        var x = Left;
        foreach (var (colour, text) in entries)
        {
            Add($"""<rect x="{x}" y="38" width="12" height="12" rx="2" fill="{colour}"/><text x="{x + 18}" y="48">{text}</text>""");
            x += 280;
        }
    }

    private void Phases()
    {
        foreach (var phase in _looks.GroupBy(look => look.Phase))
        {
            var x = X(phase.First().Seconds);
            Add($"""<line class="mark" x1="{x:F1}" y1="{Top}" x2="{x:F1}" y2="{AnswersTop + AnswersHeight}"/>""");
            Add($"""<text x="{x + 4:F1}" y="{Top + MemoryHeight - 8}">{phase.Key}</text>""");
        }
    }

    private void Memory()
    {
        for (var percent = 0; percent <= 100; percent += 20)
        {
            var y = Y(percent / 100.0);
            Add($"""<line class="grid" x1="{Left}" y1="{y:F1}" x2="{Width - Right}" y2="{y:F1}"/>""");
            Add($"""<text x="{Left - 8}" y="{y + 4:F1}" text-anchor="end">{percent} %</text>""");
        }
        var charged = Points(look => look.Charged / _limit);
        Add($"""<polygon fill="#cbd5e0" fill-opacity="0.55" points="{X(0):F1},{Y(0):F1} {charged} {X(_seconds):F1},{Y(0):F1}"/>""");
        Threshold(0.8, "#c53030", "failing above 80 %");
        Threshold(0.6, "#2f855a", "good again below 60 %");
        var counted = Points(look => look.Ratio);
        Add($"""<polyline fill="none" stroke="#2b6cb0" stroke-width="2.5" stroke-linejoin="round" points="{counted}"/>""");
    }

    private void Threshold(double share, string colour, string text)
    {
        Add($"""<line x1="{Left}" y1="{Y(share):F1}" x2="{Width - Right}" y2="{Y(share):F1}" stroke="{colour}" stroke-width="1.5"/>""");
        Add($"""<text x="{Width - Right}" y="{Y(share) - 5:F1}" text-anchor="end" style="fill:{colour}">{text}</text>""");
    }

    private void State()
    {
        Add($"""<text x="{Left}" y="{StateTop - 8}">/health/ready</text>""");
        for (var index = 0; index < _looks.Count; index++)
        {
            var (from, to) = (X(_looks[index].Seconds), X(index + 1 < _looks.Count ? _looks[index + 1].Seconds : _seconds));
            var colour = _looks[index].Ready ? "#68d391" : "#fc8181";
            Add($"""<rect x="{from:F1}" y="{StateTop}" width="{to - from + 0.3:F1}" height="{StateHeight}" fill="{colour}"/>""");
        }
    }

    // In whole seconds, the refused on top of the accepted, on a scale of roots: hundreds beside thousands stay visible.
    private void Answers()
    {
        Add($"""<text x="{Left}" y="{AnswersTop - 8}">requests a second: answered 202 (green), 503 memory_pressure (red)</text>""");
        var bars = _looks.GroupBy(look => (int)look.Seconds)
            .Select(second => (Second: second.Key, Accepted: second.Sum(look => look.Accepted), Shed: second.Sum(look => look.Shed)))
            .ToList();
        var most = Math.Sqrt(bars.Max(bar => bar.Accepted + bar.Shed) + 1);
        foreach (var (second, accepted, shed) in bars)
        {
            var all = Math.Sqrt(accepted + shed) / most * AnswersHeight;
            var good = all * accepted / Math.Max(1, accepted + shed);
            var (x, width) = (X(second), Math.Max(1, X(Math.Min(second + 1, _seconds)) - X(second) - 1));
            var bottom = AnswersTop + AnswersHeight;
            Add($"""<rect x="{x:F1}" y="{bottom - good:F1}" width="{width:F1}" height="{good:F1}" fill="#68d391"/>""");
            Add($"""<rect x="{x:F1}" y="{bottom - all:F1}" width="{width:F1}" height="{all - good:F1}" fill="#fc8181"/>""");
        }
        var busiest = bars.Max(bar => bar.Accepted + bar.Shed);
        Add($"""<text x="{Width - Right}" y="{AnswersTop - 8}" text-anchor="end">up to {busiest} a second</text>""");
    }

    private void Axis()
    {
        var step = _seconds > 60 ? 10 : 5;
        for (var second = 0; second <= _seconds; second += step)
        {
            Add($"""<text x="{X(second):F1}" y="{AnswersTop + AnswersHeight + 18}" text-anchor="middle">{second} s</text>""");
        }
    }

    private string Points(Func<MemoryLook, double> share) =>
        string.Join(' ', _looks.Select(look => string.Create(CultureInfo.InvariantCulture, $"{X(look.Seconds):F1},{Y(share(look)):F1}")));

    private double X(double seconds) => Left + (seconds / _seconds * (Width - Left - Right));

    private static double Y(double share) => Top + MemoryHeight - (Math.Min(share, 1) * MemoryHeight);

    private void Add(FormattableString line) => _svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
