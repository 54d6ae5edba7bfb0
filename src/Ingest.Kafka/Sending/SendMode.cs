namespace Ingest.Kafka;

/// <summary>How a producer sends.</summary>
internal enum SendMode
{
    /// <summary>Full batches. A batch that a broker refuses for good stops the producer, and everything behind it is sent again.</summary>
    Fast,

    /// <summary>
    /// One message a request and at most one of a key at a time, so that a refusal names the guilty event and holds up no other. Used
    /// for
    /// the events of a refused batch only.
    /// </summary>
    Careful,
}
