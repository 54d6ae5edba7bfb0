using Ingest.Sinks.Http.Formats.Otlp;

namespace Ingest.Sinks.Http.Formats;

/// <summary>What settings of formats must be. Pure.</summary>
internal static class FormatRules
{
    private const string Placeholder = "{stream}";

    /// <summary>What is wrong, one sentence each.</summary>
    internal static IEnumerable<string> Contradictions(HttpSinkOptions options)
    {
        (string, string)[] indexes = [(nameof(options.BulkIndex), options.BulkIndex), (nameof(options.HecIndex), options.HecIndex)];
        foreach (var (name, index) in indexes)
        {
            var rest = index.Replace(Placeholder, "", StringComparison.Ordinal);
            if (rest.Length > 255 || !rest.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.'))
            {
                yield return $"{name} = {index}: letters, digits, -, _ and . with {Placeholder} for the stream's name.";
            }
        }
        foreach (var (stream, signal) in options.OtlpSignals)
        {
            if (!OtlpFormat.IsSignal(signal))
            {
                yield return $"OtlpSignals:{stream} = {signal}: logs, traces or metrics.";
            }
        }
        if (options.Format is HttpFormat.Otlp or HttpFormat.Bulk && options.Url.Contains('?', StringComparison.Ordinal))
        {
            yield return $"Url must have no query with Format = {options.Format}, which adds to the URL.";
        }
    }
}
