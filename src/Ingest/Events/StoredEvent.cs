namespace Ingest.Events;

/// <summary>
/// One event as it lies in the log: a view over a record's body. Cheap to make and to copy; valid as long as the memory under it.
/// </summary>
/// <remarks>
/// The body is laid out as <see cref="EventLayout"/> says; <see cref="EventEncoder"/> writes it.
/// </remarks>
public readonly struct StoredEvent
{
    /// <summary>The version this code writes and reads.</summary>
    public const byte Version = EventLayout.Version;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly EventLayout _layout;

    private StoredEvent(long sequence, ReadOnlyMemory<byte> body, in EventLayout layout) =>
        (Sequence, _body, _layout) = (sequence, body, layout);

    /// <summary>The event's number in the node's log.</summary>
    public long Sequence { get; }

    /// <summary>What the payload is.</summary>
    public EventFormat Format => EventLayout.Format(_body.Span);

    /// <summary>When the event was accepted, Unix time in milliseconds.</summary>
    public long AcceptedUnixMs => EventLayout.AcceptedUnixMs(_body.Span);

    /// <summary>The stream's name, ASCII.</summary>
    public ReadOnlySpan<byte> Stream => _body.Span[EventLayout.Stream.._layout.ContentType];

    /// <summary>The payload's media type as sent, at most 255 bytes; empty when none was sent.</summary>
    public ReadOnlySpan<byte> ContentType => _body.Span[_layout.ContentType.._layout.Key];

    /// <summary>The ordering key, UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> Key => _body.Span[_layout.Key.._layout.Id];

    /// <summary>The producer's id of the event, UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> Id => _body.Span[_layout.Id.._layout.Attributes];

    /// <summary>Names and values that travel with the event (<c>traceparent</c>, <c>ce_…</c>).</summary>
    public EventAttributes Attributes => new(_body.Span[_layout.Attributes.._layout.Mark]);

    /// <summary>What the node itself noted beside the event, for itself alone: it goes no further than the log. Mostly empty.</summary>
    public ReadOnlySpan<byte> Mark => _body.Span[_layout.Mark.._layout.Payload];

    /// <summary>The payload, byte for byte as sent.</summary>
    public ReadOnlyMemory<byte> Payload => _body[_layout.Payload..];

    /// <summary>The whole record body, for storing the event again elsewhere.</summary>
    public ReadOnlyMemory<byte> Body => _body;

    /// <summary>The stream's name from a record's body, without a copy. False exactly when <see cref="TryRead"/> is.</summary>
    public static bool TryReadStream(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> stream)
    {
        var readable = EventLayout.TryRead(body, out var layout);
        stream = readable ? body[EventLayout.Stream..layout.ContentType] : default;
        return readable;
    }

    /// <summary>When the event of a record's body was accepted, Unix time in milliseconds; the body must be an event's.</summary>
    public static long ReadAcceptedUnixMs(ReadOnlySpan<byte> body) => EventLayout.AcceptedUnixMs(body);

    /// <summary>The node's own mark from a record's body, without a copy. False exactly when <see cref="TryRead"/> is.</summary>
    public static bool TryReadMark(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> mark)
    {
        var readable = EventLayout.TryRead(body, out var layout);
        mark = readable ? body[layout.Mark..layout.Payload] : default;
        return readable;
    }

    /// <summary>Reads a record's body. False when it is not an event of a version known here.</summary>
    public static bool TryRead(long sequence, ReadOnlyMemory<byte> body, out StoredEvent stored)
    {
        var readable = EventLayout.TryRead(body.Span, out var layout);
        stored = readable ? new StoredEvent(sequence, body, layout) : default;
        return readable;
    }
}
