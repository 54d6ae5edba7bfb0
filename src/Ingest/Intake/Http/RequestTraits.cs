using System.Buffers;
using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Json;
using Ingest.Intake.Keys;
using Ingest.Intake.Producers;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Http;

/// <summary>
/// What a request says of all its events, and the scratch space for encoding them: one per thread, used within one synchronous step.
/// </summary>
internal sealed class RequestTraits
{
    /// <summary>Most bytes of an ordering key.</summary>
    internal const int KeyBytesMax = 1024;

    [ThreadStatic]
    private static RequestTraits? _ofThisThread;

    private readonly ScratchBuffer _key = new();
    private bool _marksCloudEvents;
    private string _producer = "";
    private readonly ProducerTraits _numbers = new();

    internal static RequestTraits OfThisThread => _ofThisThread ??= new RequestTraits();

    internal StreamRoute Stream { get; private set; } = null!;

    internal long AcceptedUnixMs { get; private set; }

    /// <summary>The key of all events, or empty.</summary>
    internal ReadOnlySpan<byte> Key => _key.Written;

    /// <summary>Where each event has its key, or null.</summary>
    internal KeyPointer? KeyPointer => Key.IsEmpty ? Stream.KeyPointer : null;

    /// <summary>Another node sends the request.</summary>
    internal bool IsForwarded { get; private set; }

    /// <summary>The encoded attributes of all events.</summary>
    internal ScratchBuffer Attributes { get; } = new();

    /// <summary>The attributes of the CloudEvent in the headers, or else of the one just read in the body.</summary>
    internal CloudEventContext CloudEvent { get; } = new();

    /// <summary>Whether the request may be repeated, so that its events carry marks.</summary>
    internal bool IsMarked { get; private set; }

    /// <summary>What its first event carries then.</summary>
    internal RequestMark Mark { get; private set; }

    /// <summary>The producer and its numbers, instead of <see cref="Mark"/>; null where it does not say.</summary>
    internal ProducerMark? Numbers => _numbers.Mark;

    /// <summary>Scratch space for the part all events begin with.</summary>
    internal ScratchBuffer Head { get; } = new();

    /// <summary>Scratch space for a key found inside an event.</summary>
    internal ScratchBuffer PointedKey { get; } = new();

    /// <summary>Takes over what the headers say.</summary>
    internal Problem Read(
        IHeaderDictionary headers, BodyType type, StreamRoute stream, long acceptedUnixMs, KeptHeaders? kept = null, bool isLenient = false)
    {
        IsForwarded = EventLimits.IsForwarded(headers);
        (CloudEvent.IsLenient, CloudEvent.TakesAnyText) = (isLenient || IsForwarded, IsForwarded);
        Stream = stream;
        AcceptedUnixMs = acceptedUnixMs;
        (IsMarked, _marksCloudEvents) = (false, false);
        _numbers.Clear();
        _key.Clear();
        Attributes.Clear();
        TraceContext.Write(headers, Attributes);
        kept?.Write(headers, Attributes);
        var problem = headers.TryGetValue(IntakeHeaders.Key, out var key) ? ReadKey(key.ToString()) : default;
        if (problem.IsNone && type.IsData)
        {
            problem = CloudEventHeaders.Read(headers, CloudEvent, Attributes);
            if (Key.IsEmpty)
            {
                _key.Write(CloudEvent.PartitionKey);
            }
        }
        return problem;
    }

    /// <summary>Takes over which events of which producer the request brings, where its headers say so.</summary>
    internal Problem ReadNumbers(
        IHeaderDictionary headers, BodyType type, Producer producer, ReadOnlySpan<byte> body, IntakeOptions options)
    {
        var problem = _numbers.Read(headers, this, producer.Name, type, body, options);
        if (problem.IsNone && type.IsData)
        {
            problem = TakeNumbers(0);
        }
        IsMarked |= _numbers.Mark is not null;
        return problem;
    }

    /// <summary>Takes over the number of the CloudEvent just read. As the request's first, it marks the request.</summary>
    internal Problem TakeNumbers(int index)
    {
        var problem = _numbers.Take(CloudEvent, Stream.Name, index);
        IsMarked |= _numbers.Mark is not null;
        return problem;
    }

    /// <summary>Writes what the request's first event carries, and returns how many bytes that are; 0 where it is not marked.</summary>
    internal int WriteMark(Span<byte> target)
    {
        if (_numbers.Mark is { } numbers)
        {
            numbers.Write(target);
            return ProducerMark.Bytes;
        }
        if (!IsMarked)
        {
            return 0;
        }
        Mark.Write(target);
        return RequestMark.Bytes;
    }

    /// <summary>Takes over what tells a repeat from a new request: a header's key, or else the CloudEvent it brings.</summary>
    internal Problem ReadRepeat(
        IHeaderDictionary headers, BodyType type, Producer producer, ReadOnlySpan<byte> body, IntakeOptions options)
    {
        _producer = producer.Name;
        if (headers.TryGetValue(IntakeHeaders.IdempotencyKey, out var header))
        {
            var problem = IdempotencyKey.TryRead(header, out var key);
            if (problem.IsNone)
            {
                (IsMarked, Mark) = (true, RequestMark.OfKey(Stream.Name, _producer, key, type.EventType.Span, body));
            }
            return problem;
        }
        foreach (var name in options.IdempotencyHeaders)
        {
            if (headers.TryGetValue(name, out var id))
            {
                var problem = IdempotencyKey.TryRead(id, out var key);
                (IsMarked, Mark) = (true, RequestMark.OfHeader(Stream.Name, _producer, name, key));
                return problem.IsNone
                    ? problem
                    : new Problem(ProblemKind.BadRequest, $"{name} must have 1 to 255 printable ASCII characters, and be there once.");
            }
        }
        _marksCloudEvents = options.IdempotentCloudEvents;
        if (type.IsData)
        {
            MarkCloudEvent();
        }
        return default;
    }

    /// <summary>Marks the request as the one that brings the CloudEvent just read, unless it is marked already.</summary>
    internal void MarkCloudEvent()
    {
        if (_marksCloudEvents && !IsMarked)
        {
            IsMarked = true;
            Mark = RequestMark.OfCloudEvent(Stream.Name, _producer, CloudEvent.Source, CloudEvent.Id);
        }
    }

    private Problem ReadKey(string key)
    {
        // A UTF-16 unit takes at most three bytes: the exact count matters only near the limit.
        if (key.Length > KeyBytesMax || !Encoding.UTF8.TryGetBytes(key, _key.GetSpan(KeyBytesMax * 3), out var written)
            || written > KeyBytesMax)
        {
            return new Problem(ProblemKind.BadRequest, "Ingest-Key is longer than 1024 bytes.");
        }
        if (!HeaderText.IsReadable(key) || !CloudEventText.IsString(_key.GetSpan()[..written]))
        {
            return new Problem(ProblemKind.BadRequest, "Ingest-Key is no UTF-8, or has control characters or others that are none.");
        }
        _key.Advance(written);
        return default;
    }
}
