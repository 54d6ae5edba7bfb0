using System.Buffers;
using System.Globalization;
using System.Text;

namespace Ingest.Operations.Prometheus;

/// <summary>Writes families of metrics as Prometheus text 0.0.4 or OpenMetrics 1.0.</summary>
internal sealed class ExpositionWriter(IBufferWriter<byte> output, ExpositionFormat format)
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes instruments, families in the order of their names.</summary>
    internal void Write(IEnumerable<InstrumentSeries> instruments)
    {
        var families = instruments
            .GroupBy(instrument => instrument.Family, StringComparer.Ordinal)
            .OrderBy(family => family.Key, StringComparer.Ordinal);
        foreach (var family in families)
        {
            var first = family.First();
            // Two meters with one name for different things: the first is right, and a scrape stays readable.
            var series = family.Where(instrument => instrument.Type == first.Type)
                .SelectMany(instrument => instrument.Series).DistinctBy(entry => entry.Labels).ToList();
            if (series.Count > 0)
            {
                Head(first.Family, first.Type, first.Unit, first.Instrument.Description ?? "");
                series.ForEach(entry => Samples(first.Family, first.Type == FamilyType.Counter ? "_total" : "", entry));
                Flush();
            }
        }
    }

    /// <summary>Writes what the node is, as OpenTelemetry's resource attributes are written.</summary>
    internal void WriteTarget(IReadOnlyDictionary<string, string> attributes)
    {
        var labels = LabelText.Format([.. attributes.Select(pair => KeyValuePair.Create(pair.Key, (object?)pair.Value))]);
        var name = format.IsOpenMetrics ? "target" : "target_info";
        _text.Append("# HELP ").Append(name).Append(" What this node is.\n");
        _text.Append("# TYPE ").Append(name).Append(format.IsOpenMetrics ? " info\n" : " gauge\n");
        _text.Append("target_info{").Append(labels).Append("} 1\n");
        Flush();
    }

    /// <summary>Ends the text.</summary>
    internal void Complete()
    {
        if (format.IsOpenMetrics)
        {
            _text.Append("# EOF\n");
            Flush();
        }
    }

    private void Head(string family, FamilyType type, string unit, string description)
    {
        var name = type == FamilyType.Counter && !format.IsOpenMetrics ? family + "_total" : family;
        if (description.Length > 0)
        {
            _text.Append("# HELP ").Append(name).Append(' ');
            LabelText.Escape(_text, description, quotes: format.IsOpenMetrics);
            _text.Append('\n');
        }
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type switch
        {
            FamilyType.Counter => "counter",
            FamilyType.Histogram => "histogram",
            _ => "gauge",
        }).Append('\n');
        if (format.IsOpenMetrics && unit.Length > 0 && family.EndsWith("_" + unit, StringComparison.Ordinal))
        {
            _text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        }
    }

    private void Samples(string family, string suffix, Series series)
    {
        switch (series.Aggregate)
        {
            case HistogramAggregate histogram:
                Histogram(family, series.Labels, histogram);
                break;
            case SumAggregate { Fraction: var fraction, Whole: var whole }:
                Sample(family + suffix, series.Labels, fraction == 0 ? Whole(whole) : Number(whole + fraction));
                break;
            case LastAggregate last:
                Sample(family + suffix, series.Labels, Number(last.Value));
                break;
        }
    }

    private void Histogram(string family, string labels, HistogramAggregate histogram)
    {
        var boundaries = histogram.Boundaries;
        var separator = labels.Length > 0 ? "," : "";
        var count = 0L;
        for (var i = 0; i <= boundaries.Length; i++)
        {
            count += histogram.Count(i);
            var boundary = i < boundaries.Length ? Boundary(boundaries[i]) : "+Inf";
            Sample(family + "_bucket", $"{labels}{separator}le=\"{boundary}\"", Whole(count), histogram.ExemplarOf(i));
        }
        Sample(family + "_sum", labels, Number(histogram.Sum));
        Sample(family + "_count", labels, Whole(count));
    }

    private void Sample(string name, string labels, string value, Exemplar? exemplar = null)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }
        _text.Append(' ').Append(value);
        // The older text has none.
        if (exemplar is not null && format.IsOpenMetrics)
        {
            _text.Append(" # {trace_id=\"").Append(exemplar.TraceId).Append("\",span_id=\"").Append(exemplar.SpanId).Append("\"} ")
                .Append(Number(exemplar.Value));
        }
        _text.Append('\n');
    }

    // OpenMetrics wants the boundaries in canonical form, "1.0"; the older text has always had "1".
    private string Boundary(double value)
    {
        var text = Number(value);
        return format.IsOpenMetrics && text.All(char.IsAsciiDigit) ? text + ".0" : text;
    }

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private void Flush()
    {
        Encoding.UTF8.GetBytes(_text.ToString(), output);
        _text.Clear();
    }
}
