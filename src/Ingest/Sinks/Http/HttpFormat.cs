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
}
