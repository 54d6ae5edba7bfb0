using System.Buffers;
using System.Text;
using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Http;

namespace Ingest.Intake.Dialects;

/// <summary>
/// The events of one body, as a dialect names them: places in the body, until all are known and may be stored. Used by one thread within
/// one synchronous step, then reused.
/// </summary>
/// <remarks>
/// Nothing is copied that lies in the body. The encoder (<c>DialectEncoding</c>) runs once the whole body is read, so that a request is
/// known to be right, allowed and new before a byte of it is written anywhere.
/// </remarks>
public sealed class DialectEvents : IDisposable
{
    /// <summary>Streams one request may send to.</summary>
    internal const int StreamsMax = 64;

    private const int SlicesKept = 1024;

    private readonly ScratchBuffer _scratch = new();
    private readonly List<StreamUse> _streams = [];
    private readonly EventIds _ids = new();
    private EventSlice[] _slices = new EventSlice[SlicesKept];
    private StreamDirectory _directory = null!;
    private IntakeOptions _options = null!;
    private string _defaultStream = "";
    private Place _lastAttributes;
    private int _lastStream;

    internal DialectEvents()
    {
    }

    /// <summary>Events so far.</summary>
    public int Count { get; private set; }

    /// <summary>Most bytes an event may have.</summary>
    public int EventBytesMax => _options.EventBytesMax;

    /// <summary>Most arrays and objects inside each other an event may have.</summary>
    public int JsonDepthMax => _options.JsonDepthMax;

    /// <summary>What the answer needs to know of the body. Default null.</summary>
    public object? State { get; set; }

    /// <summary>
    /// Whether a request that brings the same ids again, in the same order, is a repeat that stores nothing. It takes an id on every event.
    /// </summary>
    public bool RepeatsByEventIds { get; set; }

    /// <summary>What the payloads are. Default JSON.</summary>
    internal EventFormat Format { get; private set; }

    /// <summary>The events' media type.</summary>
    internal ReadOnlyMemory<byte> ContentType { get; private set; }

    /// <summary>The key found in the body, or null.</summary>
    internal string? ShownKey { get; private set; }

    /// <summary>Attributes that all events share.</summary>
    internal ScratchBuffer Shared { get; } = new();

    internal IReadOnlyList<StreamUse> Streams => _streams;

    internal ReadOnlySpan<EventSlice> Slices => _slices.AsSpan(0, Count);

    /// <summary>The id of the request as a whole, or empty.</summary>
    internal ReadOnlySpan<byte> RequestId => _requestId.Written;

    private readonly ScratchBuffer _requestId = new();

    /// <summary>The time, for signatures that grow old.</summary>
    public DateTimeOffset Now { get; internal set; }

    /// <summary>Says what all payloads of the request are.</summary>
    /// <param name="format">Checked JSON, or bytes.</param>
    /// <param name="contentType">Their media type, ASCII, at most 255 bytes; kept by reference.</param>
    public void Are(EventFormat format, ReadOnlyMemory<byte> contentType) => (Format, ContentType) = (format, contentType);

    /// <summary>Says which stream the events go to that name none: the request itself does.</summary>
    public void UseStream(ReadOnlySpan<byte> name) =>
        _defaultStream = name.Length <= StreamName.LengthMax ? Encoding.UTF8.GetString(name) : "";

    /// <summary>Shows the key that was found in the body.</summary>
    public void ShowKey(ReadOnlySpan<byte> key)
    {
        if (!key.IsEmpty && key.Length <= Keys.KeyDigest.KeyBytesMax)
        {
            ShownKey = Encoding.UTF8.GetString(key);
        }
    }

    /// <summary>Names the id under which the whole request is a repeat when it comes again, whatever its bytes are.</summary>
    public void Identify(ReadOnlySpan<byte> requestId)
    {
        _requestId.Clear();
        _requestId.Write(requestId);
    }

    /// <summary>Adds an attribute that all events of the request carry.</summary>
    /// <param name="name">ASCII, at most 255 bytes.</param>
    /// <param name="value">UTF-8; what is longer than 4 KiB is left out.</param>
    public void Share(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty && value.Length <= 4096 && Shared.Written.Length < EventEncoder.FieldBytesMax / 2)
        {
            EventEncoder.WriteAttribute(Shared, name, value);
        }
    }

    /// <summary>Adds an event, or says why it is not taken.</summary>
    /// <param name="body">The body it is of.</param>
    /// <param name="added">The event.</param>
    public Problem Add(ReadOnlySpan<byte> body, in DialectEvent added)
    {
        if (added.Payload.Length > _options.EventBytesMax)
        {
            return BodyLimits.EventTooLarge(_options.EventBytesMax);
        }
        if (Count == _options.EventsPerRequestMax)
        {
            return BodyLimits.TooManyEvents(_options);
        }
        if (added.Id.Length > CloudEventContext.IdBytesMax || added.Key.Length > RequestTraits.KeyBytesMax)
        {
            return new Problem(ProblemKind.BadRequest, "An id or key has more than 1024 bytes.");
        }
        var stream = FindStream(added.Stream, out var problem);
        if (stream < 0)
        {
            return problem;
        }
        if (RepeatsByEventIds)
        {
            _ids.Add(_streams[stream].Route.Utf8.Span, added.Id);
        }
        if (Count == _slices.Length)
        {
            Array.Resize(ref _slices, _slices.Length * 2);
        }
        _slices[Count++] = new EventSlice(
            Place(body, added.Payload), Place(body, added.Key), Place(body, added.Id), PlaceAttributes(body, added.Attributes), stream);
        var use = _streams[stream];
        _streams[stream] = use with { Events = use.Events + 1 };
        return default;
    }

    /// <inheritdoc/>
    public void Dispose() => _ids.Dispose();

    internal void Begin(StreamDirectory directory, IntakeOptions options, string defaultStream)
    {
        (_directory, _options, _defaultStream) = (directory, options, defaultStream);
        (Format, ContentType, ShownKey, State) = (EventFormat.Json, MediaTypeNames.Json, null, null);
        (Count, RepeatsByEventIds, _lastStream) = (0, false, -1);
        _scratch.Clear();
        _lastAttributes = default;
        _requestId.Clear();
        Shared.Clear();
        _streams.Clear();
        _ids.Begin();
        if (_slices.Length > SlicesKept * 8)
        {
            _slices = new EventSlice[SlicesKept];
        }
    }

    /// <summary>Where there are ids, their digest: the same for the same ids in the same order.</summary>
    internal bool TryDigestIds(Span<byte> digest) => RepeatsByEventIds && Count > 0 && _ids.TryFinish(digest);

    internal ReadOnlySpan<byte> Resolve(ReadOnlySpan<byte> body, Place place) =>
        place.Start >= 0 ? body.Slice(place.Start, place.Length) : _scratch.Written.Slice(~place.Start, place.Length);

    /// <summary>The same place where an event has the attributes of the one before it.</summary>
    private Place PlaceAttributes(ReadOnlySpan<byte> body, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            return default;
        }
        if (_lastAttributes.Length != part.Length || !Resolve(body, _lastAttributes).SequenceEqual(part))
        {
            _lastAttributes = Place(body, part);
        }
        return _lastAttributes;
    }

    private Place Place(ReadOnlySpan<byte> body, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            return default;
        }
        if (body.Overlaps(part, out var offset))
        {
            return new Place(offset, part.Length);
        }
        var start = _scratch.Written.Length;
        _scratch.Write(part);
        return new Place(~start, part.Length);
    }

    /// <summary>The stream's index; -1 with the problem.</summary>
    private int FindStream(ReadOnlySpan<byte> name, out Problem problem)
    {
        problem = default;
        if (_lastStream >= 0 && IsNamed(_streams[_lastStream].Route, name))
        {
            return _lastStream;
        }
        for (var i = 0; i < _streams.Count; i++)
        {
            if (IsNamed(_streams[i].Route, name))
            {
                return _lastStream = i;
            }
        }
        var text = name.IsEmpty ? _defaultStream : name.Length <= StreamName.LengthMax ? Encoding.UTF8.GetString(name) : null;
        if (_directory.Find(text, out problem) is not { } route)
        {
            return -1;
        }
        if (_streams.Count == StreamsMax)
        {
            problem = new Problem(ProblemKind.TooManyEvents, $"A request may send to {StreamsMax} streams.");
            return -1;
        }
        _streams.Add(new StreamUse(route, 0));
        return _lastStream = _streams.Count - 1;
    }

    private bool IsNamed(StreamRoute route, ReadOnlySpan<byte> name) =>
        name.IsEmpty ? route.Name == _defaultStream : route.Utf8.Span.SequenceEqual(name);
}

/// <summary>A stream a request sends to.</summary>
/// <param name="Route">The stream.</param>
/// <param name="Events">How many events.</param>
internal readonly record struct StreamUse(StreamRoute Route, int Events);

/// <summary>Where something is: in the body, or, complemented, in the scratch space.</summary>
internal readonly record struct Place(int Start, int Length);

/// <summary>Where the parts of an event are.</summary>
internal readonly record struct EventSlice(Place Payload, Place Key, Place Id, Place Attributes, int Stream);

/// <summary>Media types of payloads.</summary>
internal static class MediaTypeNames
{
    internal static readonly ReadOnlyMemory<byte> Json = "application/json"u8.ToArray();
    internal static readonly ReadOnlyMemory<byte> Text = "text/plain"u8.ToArray();
    internal static readonly ReadOnlyMemory<byte> Protobuf = "application/x-protobuf"u8.ToArray();
    internal static readonly ReadOnlyMemory<byte> Bytes = "application/octet-stream"u8.ToArray();
}
