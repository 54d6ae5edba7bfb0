using Ingest.Events;

namespace Ingest.Intake.Body;

/// <summary>How events lie in a request's body.</summary>
internal enum BodyFormat
{
    /// <summary>One JSON value; an array is one event per element.</summary>
    Json,

    /// <summary>One JSON value per line.</summary>
    Lines,

    /// <summary>One event of bytes that are not looked into.</summary>
    Opaque,

    /// <summary>One CloudEvents JSON envelope.</summary>
    CloudEvent,

    /// <summary>An array of CloudEvents JSON envelopes.</summary>
    CloudEventBatch,

    /// <summary>The data of one CloudEvent whose attributes are in headers: one JSON value, be it an array, or nothing.</summary>
    JsonData,

    /// <summary>The same with data that is not JSON.</summary>
    OpaqueData,
}

/// <summary>A media type that is taken here.</summary>
/// <param name="Format">How events lie in the body.</param>
/// <param name="EventType">The media type of each event's payload.</param>
internal sealed record BodyType(BodyFormat Format, ReadOnlyMemory<byte> EventType)
{
    /// <summary>Whether the body is one event by its type, whatever is in it.</summary>
    internal bool IsOneEvent => Format is not (BodyFormat.Json or BodyFormat.Lines or BodyFormat.CloudEventBatch);

    /// <summary>Whether the event's attributes are in headers.</summary>
    internal bool IsData => Format is BodyFormat.JsonData or BodyFormat.OpaqueData;

    /// <summary>What the payloads are stored as.</summary>
    internal EventFormat EventFormat => Format switch
    {
        BodyFormat.Opaque or BodyFormat.OpaqueData => EventFormat.Opaque,
        BodyFormat.CloudEvent or BodyFormat.CloudEventBatch => EventFormat.CloudEvent,
        _ => EventFormat.Json,
    };
}
