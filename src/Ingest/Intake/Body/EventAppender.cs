using System.Buffers;
using Ingest.Events;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Json;
using Ingest.Intake.Producers;
using Ingest.Wal.Writing;

namespace Ingest.Intake.Body;

/// <summary>
/// Encodes the events of one request into its batch, under the limits of size and count. What all events share (stream, key, attributes) is
/// encoded once and copied.
/// </summary>
internal readonly ref struct EventAppender
{
    private readonly RecordBatch _batch;
    private readonly RequestTraits _traits;
    private readonly IntakeOptions _options;
    private readonly BodyType _type;
    private readonly EventFormat _format;
    private readonly ReadOnlySpan<byte> _head;

    /// <param name="batch">Where the events go.</param>
    /// <param name="traits">What the request says of all its events.</param>
    /// <param name="options">The limits.</param>
    /// <param name="type">What the payloads are.</param>
    internal EventAppender(RecordBatch batch, RequestTraits traits, IntakeOptions options, BodyType type)
    {
        _batch = batch;
        _traits = traits;
        _options = options;
        _type = type;
        _format = type.EventFormat;
        Limits = EventLimits.Of(traits.IsForwarded, options);
        traits.Head.Clear();
        var mark = traits.IsMarked ? RequestMark.Continuation : default;
        WriteHead(traits.Head, traits.Key, type.IsData ? traits.CloudEvent.Id : default, mark);
        _head = traits.Head.Written;
    }

    /// <summary>Events so far.</summary>
    internal int Count => _batch.Count;

    /// <summary>How large and deep an event may be.</summary>
    internal EventLimits Limits { get; }

    /// <summary>Where a CloudEvent's attributes are collected before it is appended.</summary>
    internal CloudEventContext CloudEvent => _traits.CloudEvent;

    /// <summary>Appends one event. The problem, if there is one, names neither offset nor index nor line.</summary>
    internal Problem Append(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > Limits.Bytes)
        {
            return BodyLimits.EventTooLarge(Limits.Bytes);
        }
        if (_batch.Count == _options.EventsPerRequestMax)
        {
            return BodyLimits.TooManyEvents(_options);
        }
        if (_format == EventFormat.CloudEvent)
        {
            return AppendEnvelope(payload);
        }
        if (_format == EventFormat.Json && _traits.KeyPointer is { } pointer)
        {
            return AppendPointed(payload, pointer, _type.IsData ? CloudEvent.Id : default);
        }
        if (_traits.IsMarked && _batch.Count == 0)
        {
            Write(payload, _traits.Key, _type.IsData ? CloudEvent.Id : default);
            return default;
        }
        _batch.BeginRecord();
        _batch.Write(_head);
        _batch.Write(payload);
        _batch.EndRecord();
        return default;
    }

    private Problem AppendEnvelope(ReadOnlySpan<byte> payload)
    {
        var problem = _traits.TakeNumbers(_batch.Count);
        if (!problem.IsNone)
        {
            return problem;
        }
        if (_type.Format == BodyFormat.CloudEvent)
        {
            _traits.MarkCloudEvent();
        }
        if (CloudEvent.PartitionKey.IsEmpty && _traits.KeyPointer is { } pointer)
        {
            return AppendPointed(payload, pointer, CloudEvent.Id);
        }
        Write(payload, _traits.Key.IsEmpty ? CloudEvent.PartitionKey : _traits.Key, CloudEvent.Id);
        return default;
    }

    private Problem AppendPointed(ReadOnlySpan<byte> payload, KeyPointer pointer, ReadOnlySpan<byte> id)
    {
        _traits.PointedKey.Clear();
        if (!pointer.TryFind(payload, _traits.PointedKey))
        {
            return new Problem(ProblemKind.BadRequest, KeyPointer.Misfit);
        }
        // As in a header or a CloudEvent: a key goes on to the next node in one of those.
        if (!_traits.IsForwarded && !CloudEventText.IsString(_traits.PointedKey.Written))
        {
            return new Problem(ProblemKind.BadRequest, "The key in the event has control characters, or others that are none.");
        }
        Write(payload, _traits.PointedKey.Written, id);
        return default;
    }

    private void Write(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key, ReadOnlySpan<byte> id)
    {
        Span<byte> first = stackalloc byte[ProducerMark.Bytes];
        var mark = _batch.Count == 0 ? first[.._traits.WriteMark(first)] : RequestMark.Continuation;
        _batch.BeginRecord();
        WriteHead(_batch, key, id, _traits.IsMarked ? mark : default);
        _batch.Write(payload);
        _batch.EndRecord();
    }

    private void WriteHead(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> id, ReadOnlySpan<byte> mark) =>
        EventEncoder.WriteHead(
            output,
            _format,
            _traits.AcceptedUnixMs,
            _traits.Stream.Utf8.Span,
            _type.EventType.Span,
            key,
            id,
            _traits.Attributes.Written,
            mark);
}
