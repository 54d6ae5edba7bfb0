using System.Globalization;
using System.Text;

namespace Ingest.Kafka.Tests.Chart;

/// <summary>
/// Panels of lines over one time axis, as SVG. Colours follow the reader's preference for light or dark; nothing in it needs a script or a
/// font of its own.
/// </summary>
/// <param name="title">Above everything.</param>
/// <param name="seconds">Length of the time axis.</param>
internal sealed class LineChart(string title, double seconds)
{
    private const int Width = 960;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 84;
    private const int PanelHeight = 170;
    private const int PanelGap = 38;
    private const int Foot = 46;

    private readonly List<Panel> _panels = [];
    private readonly List<(double From, double To, string Text, bool IsBad)> _phases = [];

    /// <summary>Adds a stretch of time with its name above the panels.</summary>
    internal void AddPhase(double from, double to, string text, bool isBad) => _phases.Add((from, to, text, isBad));

    /// <summary>Adds a panel below the others. What is above <paramref name="most"/> is cut off.</summary>
    internal void AddPanel(string name, string unit, double? most, params Series[] series) =>
        _panels.Add(new Panel(name, unit, most, series));

    /// <summary>The whole picture.</summary>
    internal string ToSvg()
    {
        var height = Top + (_panels.Count * (PanelHeight + PanelGap)) - PanelGap + Foot;
        var svg = new StringBuilder();
        svg.Append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" ");
        svg.Append(Text($"viewBox=\"0 0 {Width} {height}\" aria-label=\"{title}\">\n"));
        svg.Append(Style);
        svg.Append(Text($"<rect class=\"paper\" width=\"{Width}\" height=\"{height}\"/>\n"));
        svg.Append(Text($"<text class=\"title\" x=\"{Left}\" y=\"26\">{title}</text>\n"));
        var bottom = height - Foot;
        foreach (var (from, to, text, isBad) in _phases)
        {
            var (x, width) = (X(from), X(to) - X(from));
            svg.Append(isBad ? "<rect class=\"bad\" " : "<rect class=\"good\" ");
            svg.Append(Text($"x=\"{x:F1}\" y=\"{Top}\" width=\"{width:F1}\" height=\"{bottom - Top}\"/>\n"));
            svg.Append(Text($"<text class=\"phase\" x=\"{x + (width / 2):F1}\" y=\"{Top - 24}\">{text}</text>\n"));
        }
        for (var index = 0; index < _panels.Count; index++)
        {
            Draw(svg, _panels[index], Top + (index * (PanelHeight + PanelGap)));
        }
        DrawTime(svg, bottom);
        return svg.Append("</svg>\n").ToString();
    }

    private void Draw(StringBuilder svg, Panel panel, int top)
    {
        var most = panel.Most ?? panel.Series.SelectMany(series => series.Points).Max(point => point.Value);
        var step = Step(most);
        var limit = Math.Ceiling(most / step) * step;
        double Y(double value) => top + PanelHeight - (Math.Min(value / limit, 1) * PanelHeight);
        for (var value = 0.0; value <= limit + (step / 2); value += step)
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):F1}\" y2=\"{Y(value):F1}\"/>"));
            svg.Append(Text($"<text class=\"tick\" x=\"{Left - 8}\" y=\"{Y(value) + 4:F1}\">{value:0.##}</text>\n"));
        }
        var middle = -top - (PanelHeight / 2);
        svg.Append(Text($"<text class=\"axis\" transform=\"rotate(-90)\" x=\"{middle}\" y=\"18\">{panel.Name} ({panel.Unit})</text>\n"));
        foreach (var series in panel.Series)
        {
            var points = string.Join(' ', series.Points.Select(point => Text($"{X(point.At):F1},{Y(point.Value):F1}")));
            svg.Append(Text($"<polyline class=\"{series.Class}\" points=\"{points}\"/>\n"));
        }
        DrawLegend(svg, panel, top);
    }

    private static void DrawLegend(StringBuilder svg, Panel panel, int top)
    {
        const int EntryWidth = 170;
        var x = Width - Right - (panel.Series.Count * EntryWidth);
        foreach (var series in panel.Series)
        {
            svg.Append(Text($"<line class=\"{series.Class}\" x1=\"{x}\" x2=\"{x + 22}\" y1=\"{top - 12}\" y2=\"{top - 12}\"/>"));
            svg.Append(Text($"<text class=\"legend\" x=\"{x + 28}\" y=\"{top - 8}\">{series.Name}</text>\n"));
            x += EntryWidth;
        }
    }

    private void DrawTime(StringBuilder svg, int bottom)
    {
        var step = Step(seconds * 0.6);
        for (var at = 0.0; at <= seconds; at += step)
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{X(at):F1}\" x2=\"{X(at):F1}\" y1=\"{Top}\" y2=\"{bottom + 5}\"/>"));
            svg.Append(Text($"<text class=\"time\" x=\"{X(at):F1}\" y=\"{bottom + 20}\">{at:0}</text>\n"));
        }
        svg.Append(Text($"<text class=\"time\" x=\"{(Left + Width - Right) / 2}\" y=\"{bottom + 38}\">time (s)</text>\n"));
    }

    private double X(double at) => Left + (at / seconds * (Width - Left - Right));

    // A round number that divides an axis into about five.
    private static double Step(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(most, 1e-9) / 4)));
        return (most / 4 / power) switch
        {
            < 1.5 => power,
            < 3.5 => 2 * power,
            < 7.5 => 5 * power,
            _ => 10 * power,
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private const string Style = """
        <style>
          text { font: 12px system-ui, sans-serif; fill: #444 }
          .paper { fill: #fff } .title { font-size: 16px; font-weight: 600; fill: #111 }
          .phase, .time { text-anchor: middle } .axis { text-anchor: middle } .tick { text-anchor: end }
          .grid { stroke: #ddd; stroke-width: 1 } .good { fill: #2e7d32; fill-opacity: .05 } .bad { fill: #c62828; fill-opacity: .09 }
          polyline, line { fill: none } .a, .b, .c { stroke-width: 1.8; stroke-linejoin: round }
          .a { stroke: #1565c0 } .b { stroke: #ef6c00; stroke-dasharray: 5 3 } .c { stroke: #2e7d32 }
          @media (prefers-color-scheme: dark) {
            text { fill: #bbb } .paper { fill: #14171a } .title { fill: #eee } .grid { stroke: #333a40 }
            .good { fill-opacity: .12 } .bad { fill: #ef5350; fill-opacity: .14 }
            .a { stroke: #64b5f6 } .b { stroke: #ffb74d } .c { stroke: #81c784 }
          }
        </style>

        """;

    private sealed record Panel(string Name, string Unit, double? Most, IReadOnlyList<Series> Series);
}

/// <summary>A line.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Class"><c>a</c>, <c>b</c> or <c>c</c>: its colour.</param>
/// <param name="Points">Seconds and values, in order of time.</param>
internal sealed record Series(string Name, string Class, IReadOnlyList<(double At, double Value)> Points);
