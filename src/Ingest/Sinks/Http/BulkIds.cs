namespace Ingest.Sinks.Http;

/// <summary>What documents of <c>_bulk</c> are known by.</summary>
public enum BulkIds
{
    /// <summary>By log and sequence number: each event is a document, and repeats of a delivery are known.</summary>
    Ingest,

    /// <summary>By the producer's id, where an event has one: of several events with the same id the first is the document.</summary>
    Producer,
}
