using System.Buffers.Text;
using System.Text;
using Confluent.Kafka;
using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>
/// Makes the message of an event: topic, key, value, time and headers (docs/kafka.md). The message and its buffers are used again for the
/// next
/// event: the client copies them before it returns. One thread at a time.
/// </summary>
internal sealed class MessageEncoder
{
    private const string IdHeader = "ingest-id";
    private const string SequenceHeader = "ingest-seq";
    private const string ContentTypeHeader = "content-type";
    private const int DigitsMax = 20;
    private const int EpochDigits = 32;

    // Framing of a batch of one record: 61 bytes of batch, at most 5 of record length, 4 of fixed fields, 5 each for three lengths.
    private const int FramingBytes = 61 + 5 + 4 + 15;
    private const int HeaderFramingBytes = 10;

    private readonly TopicTemplate _topics;
    private readonly IReadOnlyList<string> _internalTopics;
    private readonly int _messageBytesMax;
    private readonly EnvelopeReader? _envelopes;
    private readonly EventHeaders _headers = new();
    private readonly Message<byte[], byte[]> _message = new();
    private readonly Func<long, Guid> _epochOf;
    private readonly byte[] _id = new byte[EpochDigits + 1 + DigitsMax];
    private Guid _epoch;
    private byte[] _key = [];
    private byte[] _value = [];

    internal MessageEncoder(KafkaOptions options, Func<long, Guid> epochOf)
    {
        _topics = new TopicTemplate(options.Topic);
        _internalTopics = options.InternalTopics;
        _messageBytesMax = options.MessageBytesMax;
        _envelopes = options.CloudEvents == CloudEventsMode.Binary ? new EnvelopeReader() : null;
        _epochOf = epochOf;
        WriteEpoch();
    }

    /// <summary>Where an event goes.</summary>
    internal string TopicOf(StoredEvent stored) => _topics[stored.Stream];

    /// <summary>The message of an event, or null when it is larger than a message may be.</summary>
    internal Message<byte[], byte[]>? Encode(StoredEvent stored, out string topic)
    {
        topic = _topics[stored.Stream];
        _headers.Clear();
        AddIdentity(stored.Sequence);
        var value = AddContent(stored);
        foreach (var attribute in stored.Attributes)
        {
            _headers.Add(attribute.Name, attribute.Value);
        }
        var bytes = FramingBytes + stored.Key.Length + value.Length + _headers.Bytes + (_headers.Count * HeaderFramingBytes);
        if (bytes > _messageBytesMax)
        {
            return null;
        }
        _message.Key = Fill(ref _key, stored.Key)!;
        _message.Value = Fill(ref _value, value) ?? [];
        _message.Timestamp = new Timestamp(stored.AcceptedUnixMs, TimestampType.CreateTime);
        _message.Headers = _headers.Take();
        return _message;
    }

    /// <summary>Null, or why nothing may be written to this topic.</summary>
    internal string? ReasonAgainst(string topic) =>
        TopicTemplate.IsForbidden(topic, _internalTopics)
            ? $"'{topic}' is an internal name of Kafka; {nameof(KafkaOptions.InternalTopics)} lists those that may be written to."
            : null;

    private void AddIdentity(long sequence)
    {
        var epoch = _epochOf(sequence);
        if (epoch != _epoch)
        {
            _epoch = epoch;
            WriteEpoch();
        }
        var number = _id.AsSpan(EpochDigits + 1);
        Utf8Formatter.TryFormat(sequence, number, out var digits);
        _headers.Add(IdHeader, _id.AsSpan(0, EpochDigits + 1 + digits));
        _headers.Add(SequenceHeader, number[..digits]);
    }

    private void WriteEpoch() => Encoding.ASCII.GetBytes($"{_epoch:N}-", _id);

    // Adds the content type and returns the value.
    private ReadOnlySpan<byte> AddContent(StoredEvent stored)
    {
        if (stored.Format != EventFormat.CloudEvent)
        {
            var type = stored.ContentType.IsEmpty && stored.Format == EventFormat.Json ? "application/json"u8 : stored.ContentType;
            if (!type.IsEmpty)
            {
                _headers.Add(ContentTypeHeader, type);
            }
            return stored.Payload.Span;
        }
        if (_envelopes is not null && _envelopes.TryRead(stored.Payload))
        {
            return AddBinary(_envelopes);
        }
        _headers.Add(ContentTypeHeader, EnvelopeTypeOf(stored.ContentType));
        return stored.Payload.Span;
    }

    private ReadOnlySpan<byte> AddBinary(EnvelopeReader envelope)
    {
        if (!envelope.ContentType.IsEmpty)
        {
            _headers.Add(ContentTypeHeader, envelope.ContentType);
        }
        for (var index = 0; index < envelope.Count; index++)
        {
            _headers.Add(envelope.NameOf(index), envelope.ValueOf(index));
        }
        return envelope.Data;
    }

    // An element of a batch was sent as application/cloudevents-batch+json, and is one event now.
    private static ReadOnlySpan<byte> EnvelopeTypeOf(ReadOnlySpan<byte> sent)
    {
        var single = "application/cloudevents+json"u8;
        return sent.StartsWith(single) ? sent : single;
    }

    // Null for empty: the client tells an empty key from none, and spreads only the latter over the partitions.
    private static byte[]? Fill(ref byte[] buffer, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }
        if (buffer.Length != bytes.Length)
        {
            buffer = new byte[bytes.Length];
        }
        bytes.CopyTo(buffer);
        return buffer;
    }
}
