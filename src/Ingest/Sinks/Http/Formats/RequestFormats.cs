using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Formats.Bulk;
using Ingest.Sinks.Http.Formats.CloudEvents;
using Ingest.Sinks.Http.Formats.Hec;
using Ingest.Sinks.Http.Formats.Otlp;
using Ingest.Sinks.Http.Formats.Raw;

namespace Ingest.Sinks.Http.Formats;

/// <summary>Makes the format that the settings name.</summary>
internal static class RequestFormats
{
    /// <param name="options">Valid options.</param>
    /// <param name="setup">The sink's.</param>
    /// <param name="statuses">Judges statuses of single events.</param>
    internal static RequestFormat Of(HttpSinkOptions options, SinkSetup setup, StatusTable statuses) => options.Format switch
    {
        HttpFormat.Ndjson => new NdjsonFormat(),
        HttpFormat.CloudEventsBatch => new CloudEventsBatchFormat(new CloudEventEncoder(setup.LogId, setup.EpochOf)),
        HttpFormat.JsonArray => new JsonArrayFormat(),
        HttpFormat.Raw => new RawFormat(),
        HttpFormat.Hec => new HecFormat(options.HecIndex, setup.EpochOf),
        HttpFormat.HecAsStored => new HecAsStoredFormat(),
        HttpFormat.Bulk => new BulkFormat(options, setup.EpochOf, statuses),
        HttpFormat.Otlp => new OtlpFormat(options.OtlpSignals),
        _ => throw new InvalidOperationException($"{options.Format} is no format."),
    };
}
