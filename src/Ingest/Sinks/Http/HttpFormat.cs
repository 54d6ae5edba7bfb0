namespace Ingest.Sinks.Http;

/// <summary>How events stand in a request's body.</summary>
public enum HttpFormat
{
    /// <summary>
    /// <c>application/x-ndjson</c>, a line an event as the file sink writes it: <c>{"seq":…,"id":…,"key":…,"time":…,"type":…,"data":…}</c>.
    /// </summary>
    Ndjson,

    /// <summary><c>application/cloudevents-batch+json</c>: an array of CloudEvents 1.0 envelopes.</summary>
    CloudEventsBatch,

    /// <summary><c>application/json</c>: an array of the payloads alone.</summary>
    JsonArray,

    /// <summary>The payload alone, an event a request, under its own content type and with what was kept of its headers.</summary>
    Raw,

    /// <summary>Splunk's HTTP Event Collector: an envelope around each payload.</summary>
    Hec,

    /// <summary>The same for payloads that are such envelopes already, as the dialect <c>hec</c> stores them.</summary>
    HecAsStored,

    /// <summary>Elasticsearch's and OpenSearch's <c>_bulk</c>: each event a document, with a verdict of its own.</summary>
    Bulk,

    /// <summary>OTLP/HTTP: each event an export request, as the dialects <c>otlp</c> and <c>otlpgrpc</c> store them.</summary>
    Otlp,
}
