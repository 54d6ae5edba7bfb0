namespace Ingest.Intake.Dialects;

/// <summary>
/// One event of a body. Payload, key and id that lie in the body are remembered by their place; anything else is copied.
/// </summary>
/// <param name="payload">The event, byte for byte as it is stored.</param>
public readonly ref struct DialectEvent(ReadOnlySpan<byte> payload)
{
    /// <summary>The event, byte for byte as it is stored.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>The stream's name; empty for the request's own.</summary>
    public ReadOnlySpan<byte> Stream { get; init; }

    /// <summary>The ordering key, UTF-8, at most 1,024 bytes; empty for none.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The producer's id of the event, UTF-8, at most 1,024 bytes; empty for none.</summary>
    public ReadOnlySpan<byte> Id { get; init; }

    /// <summary>
    /// What stood around the event, encoded by <see cref="Ingest.Events.EventEncoder.WriteAttribute"/>; empty for nothing.
    /// </summary>
    public ReadOnlySpan<byte> Attributes { get; init; }
}
