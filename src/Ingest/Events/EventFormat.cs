namespace Ingest.Events;

/// <summary>What an event's payload is.</summary>
public enum EventFormat : byte
{
    /// <summary>Bytes that were not looked into.</summary>
    Opaque = 0,

    /// <summary>One JSON value, checked.</summary>
    Json = 1,

    /// <summary>A whole CloudEvents JSON envelope (structured mode, or an element of a batch), checked.</summary>
    CloudEvent = 2,
}
