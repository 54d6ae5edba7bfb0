namespace Ingest.Events;

/// <summary>
/// What a reader of the log has to know of an event to pass it on, read from the record's body where it lies, without a copy (layout:
/// <see cref="EventLayout"/>).
/// </summary>
public readonly ref struct EventHead
{
    private EventHead(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> key, long acceptedUnixMs)
    {
        Stream = stream;
        Key = key;
        AcceptedUnixMs = acceptedUnixMs;
    }

    /// <summary>The stream's name, ASCII.</summary>
    public ReadOnlySpan<byte> Stream { get; }

    /// <summary>The ordering key, UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>When the event was accepted, Unix time in milliseconds.</summary>
    public long AcceptedUnixMs { get; }

    /// <summary>Reads a record's body. False exactly when <see cref="StoredEvent.TryRead"/> is.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out EventHead head)
    {
        head = default;
        if (!EventLayout.TryRead(body, out var layout))
        {
            return false;
        }
        head = new EventHead(
            body[EventLayout.Stream..layout.ContentType], body[layout.Key..layout.Id], EventLayout.AcceptedUnixMs(body));
        return true;
    }
}
