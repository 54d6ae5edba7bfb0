using System.Globalization;
using System.Text;

namespace Ingest.Operations.Prometheus;

/// <summary>Tags as labels: <c>code="draining",lane="kafka"</c>, sorted, so that the order of recording does not matter.</summary>
internal static class LabelText
{
    /// <summary>The labels of everything beyond the bound, as OpenTelemetry names it.</summary>
    internal const string Overflow = "otel_metric_overflow=\"true\"";

    internal static string Format(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
        {
            return "";
        }
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags)
        {
            var label = MetricName.Label(name);
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            // Two names that become one: OpenTelemetry joins their values.
            labels[label] = labels.TryGetValue(label, out var other) ? $"{other};{text}" : text;
        }
        var output = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            if (output.Length > 0)
            {
                output.Append(',');
            }
            output.Append(name).Append("=\"");
            Escape(output, value, quotes: true);
            output.Append('"');
        }
        return output.ToString();
    }

    internal static void Escape(StringBuilder output, string text, bool quotes)
    {
        foreach (var character in text)
        {
            _ = character switch
            {
                '\\' => output.Append(@"\\"),
                '\n' => output.Append(@"\n"),
                '"' when quotes => output.Append("\\\""),
                _ => output.Append(character),
            };
        }
    }
}
