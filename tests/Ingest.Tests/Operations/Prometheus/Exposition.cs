using System.Globalization;

namespace Ingest.Tests.Operations.Prometheus;

/// <summary>
/// A strict reader of the Prometheus text format 0.0.4 and of OpenMetrics 1.0: whatever their grammars do not allow is an error here, also
/// what real scrapers let pass.
/// </summary>
internal sealed class Exposition
{
    private readonly bool _openMetrics;
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _samples = new(StringComparer.Ordinal);
    private ParsedFamily? _current;

    private Exposition(bool openMetrics) => _openMetrics = openMetrics;

    public Dictionary<string, ParsedFamily> Families { get; } = new(StringComparer.Ordinal);

    public static Exposition Parse(string text, bool openMetrics = false)
    {
        var read = new Exposition(openMetrics);
        Require(text.EndsWith('\n'), "the last line has no end");
        Require(!text.Contains('\r', StringComparison.Ordinal), "a carriage return");
        var lines = text[..^1].Split('\n');
        if (openMetrics)
        {
            Require(lines[^1] == "# EOF", "OpenMetrics ends with # EOF");
            lines = lines[..^1];
        }
        foreach (var line in lines)
        {
            Require(line.Length > 0, "an empty line");
            read.Line(line);
        }
        foreach (var family in read.Families.Values)
        {
            family.Check();
        }
        return read;
    }

    public double Value(string name, string labels = "") =>
        Families.Values.SelectMany(family => family.Samples).Single(sample => sample.Name == name && sample.LabelText == labels).Value;

    internal static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException(what);
        }
    }

    private void Line(string line)
    {
        if (line.StartsWith('#'))
        {
            var parts = line.Split(' ', 4);
            Require(parts.Length >= 3 && parts[0] == "#", $"not a comment we write: {line}");
            Require(IsName(parts[2], colons: true), $"no metric name: {line}");
            Metadata(parts[1], parts[2], parts.Length == 4 ? parts[3] : "", line);
            return;
        }
        var sample = Sample(line);
        Require(_current is not null && _current.Owns(sample.Name), $"a sample outside of its family: {line}");
        Require(_samples.Add(sample.Name + "{" + sample.LabelText + "}"), $"a sample given twice: {line}");
        _current!.Samples.Add(sample);
    }

    private void Metadata(string keyword, string name, string rest, string line)
    {
        if (_current?.Name != name)
        {
            if (_current is not null)
            {
                _closed.Add(_current.Name);
            }
            Require(!_closed.Contains(name), $"a family in two pieces: {line}");
            _current = new ParsedFamily(name, _openMetrics);
            Families.Add(name, _current);
        }
        Require(_current.Samples.Count == 0, $"metadata behind samples: {line}");
        switch (keyword)
        {
            case "HELP":
                Require(_current.Help is null, $"help given twice: {line}");
                _current.Help = Unescape(rest, quotes: _openMetrics);
                break;
            case "TYPE":
                Require(_current.Type is null, $"type given twice: {line}");
                Require(rest is "counter" or "gauge" or "histogram" || (_openMetrics && rest is "info"), $"no type: {line}");
                _current.Type = rest;
                break;
            case "UNIT" when _openMetrics:
                Require(name.EndsWith("_" + rest, StringComparison.Ordinal), $"a unit the name does not end with: {line}");
                break;
            default:
                throw new FormatException($"unknown keyword: {line}");
        }
    }

    private static ParsedSample Sample(string line)
    {
        var at = 0;
        while (at < line.Length && line[at] is not ('{' or ' '))
        {
            at++;
        }
        var name = line[..at];
        Require(IsName(name, colons: true), $"no metric name: {line}");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var start = at;
        if (at < line.Length && line[at] == '{')
        {
            at++;
            while (true)
            {
                var equals = line.IndexOf('=', at);
                Require(equals > 0 && IsName(line[at..equals], colons: false), $"no label name: {line}");
                var label = line[at..equals];
                Require(line[equals + 1] == '"', $"a label without quotes: {line}");
                var end = equals + 2;
                while (line[end] != '"')
                {
                    end += line[end] == '\\' ? 2 : 1;
                }
                Require(labels.TryAdd(label, Unescape(line[(equals + 2)..end], quotes: true)), $"a label given twice: {line}");
                at = end + 1;
                if (line[at] == '}')
                {
                    at++;
                    break;
                }
                Require(line[at] == ',', $"labels not separated by commas: {line}");
                at++;
            }
        }
        var text = at > start ? line[(start + 1)..(at - 1)] : "";
        Require(line[at] == ' ', $"no space before the value: {line}");
        return new ParsedSample(name, labels, text, Number(line[(at + 1)..], line));
    }

    private static double Number(string text, string line)
    {
        switch (text)
        {
            case "+Inf":
                return double.PositiveInfinity;
            case "-Inf":
                return double.NegativeInfinity;
            case "NaN":
                return double.NaN;
            default:
                var read = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
                Require(read && double.IsFinite(value), $"no number: {line}");
                Require(text.All(c => char.IsAsciiDigit(c) || c is '-' or '+' or '.' or 'E'), $"no plain number: {line}");
                return value;
        }
    }

    private static string Unescape(string text, bool quotes)
    {
        var output = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            Require(!(quotes && text[i] == '"'), $"a quote not escaped: {text}");
            if (text[i] != '\\')
            {
                output.Append(text[i]);
                continue;
            }
            i++;
            Require(i < text.Length && (text[i] is '\\' or 'n' || (quotes && text[i] == '"')), $"no such escape: {text}");
            output.Append(text[i] == 'n' ? '\n' : text[i]);
        }
        return output.ToString();
    }

    private static bool IsName(string name, bool colons) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colons && c == ':'));
}

internal sealed record ParsedSample(string Name, SortedDictionary<string, string> Labels, string LabelText, double Value);

internal sealed class ParsedFamily(string name, bool openMetrics)
{
    public string Name { get; } = name;

    public string? Help { get; set; }

    public string? Type { get; set; }

    public List<ParsedSample> Samples { get; } = [];

    public bool Owns(string sample) => Type switch
    {
        "counter" => sample == (openMetrics ? Name + "_total" : Name),
        "histogram" => sample == Name + "_bucket" || sample == Name + "_sum" || sample == Name + "_count",
        "info" => sample == Name + "_info",
        _ => sample == Name,
    };

    public void Check()
    {
        Exposition.Require(Type is not null, $"{Name} has no type");
        Exposition.Require(Samples.Count > 0, $"{Name} has no sample");
        var total = Name.EndsWith("_total", StringComparison.Ordinal);
        Exposition.Require(Type != "counter" || openMetrics || total, $"{Name} counts but is no _total");
        Exposition.Require(Type != "counter" || Samples.TrueForAll(sample => sample.Value >= 0), $"{Name} counts below zero");
        if (Type == "histogram")
        {
            foreach (var set in Samples.GroupBy(sample => string.Join(",", sample.Labels.Where(label => label.Key != "le"))))
            {
                CheckHistogram([.. set]);
            }
        }
    }

    private void CheckHistogram(List<ParsedSample> samples)
    {
        var buckets = samples.FindAll(sample => sample.Name == Name + "_bucket");
        var bounds = buckets.ConvertAll(bucket => bucket.Labels["le"]);
        var numbers = bounds.ConvertAll(bound =>
            bound == "+Inf" ? double.PositiveInfinity : double.Parse(bound, CultureInfo.InvariantCulture));
        var counts = buckets.ConvertAll(bucket => bucket.Value);
        var count = samples.Single(sample => sample.Name == Name + "_count").Value;
        Exposition.Require(bounds[^1] == "+Inf", $"{Name} has no last bucket");
        Exposition.Require(numbers.Zip(numbers.Skip(1)).All(pair => pair.First < pair.Second), $"{Name}'s boundaries do not grow");
        Exposition.Require(counts.Zip(counts.Skip(1)).All(pair => pair.First <= pair.Second), $"{Name}'s buckets do not add up");
        var floats = bounds.TrueForAll(bound => bound.AsSpan().ContainsAny("I.E"));
        Exposition.Require(!openMetrics || floats, $"{Name}'s boundaries are no floats");
        Exposition.Require(count == counts[^1], $"{Name}'s count is no bucket's");
        Exposition.Require(samples.Count(sample => sample.Name == Name + "_sum") == 1, $"{Name} has no sum");
    }
}
