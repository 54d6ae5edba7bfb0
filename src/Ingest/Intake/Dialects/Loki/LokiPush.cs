using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;

namespace Ingest.Intake.Dialects.Loki;

/// <summary>
/// Reads a push in protobuf (<c>logproto.PushRequest</c>): each stream becomes an event of the shape it has in the JSON encoding,
/// <c>{"stream":{...},"values":[["nanoseconds","line"],...]}</c>. A stream above the limit of an event becomes several.
/// </summary>
internal readonly ref struct LokiPush
{
    private const int NanosecondsMax = 999_999_999;

    // An entry beside its line: brackets, quotes, commas and a time of 20 digits.
    private const int EntryBytes = 32;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // All that a line has of these is written in one byte; the rest in up to six.
    private static readonly SearchValues<byte> Plain =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(unit => (byte)unit).Except("\"\\"u8.ToArray())]);

    private readonly ReadOnlySpan<byte> _body;
    private readonly DialectEvents _events;
    private readonly ArrayBufferWriter<byte> _text;
    private readonly Utf8JsonWriter _json;

    private LokiPush(ReadOnlySpan<byte> body, DialectEvents events, Utf8JsonWriter json, ArrayBufferWriter<byte> text)
    {
        _body = body;
        _events = events;
        _json = json;
        _text = text;
    }

    internal static Problem Read(ReadOnlySpan<byte> body, DialectEvents events)
    {
        var text = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(text, Relaxed);
        return new LokiPush(body, events, json, text).ReadStreams();
    }

    // repeated StreamAdapter streams = 1
    private Problem ReadStreams()
    {
        for (var at = 0; at < _body.Length;)
        {
            var start = at;
            if (!ProtobufField.TryRead(_body, ref at, out var field))
            {
                return Malformed.In(_events.Count, start);
            }
            if (field.Tag == ProtobufField.TagOfBytes(1) && ReadStream(field.In(_body)) is { IsNone: false } problem)
            {
                return problem.In(_events.Count, start);
            }
        }
        return default;
    }

    // string labels = 1; repeated EntryAdapter entries = 2
    private Problem ReadStream(ReadOnlySpan<byte> stream)
    {
        if (!TryReadFirstTwo(stream, out var labels, out _))
        {
            return Malformed;
        }
        if (!TryBegin(labels))
        {
            return new Problem(ProblemKind.BadRequest, "A stream's labels are not as {name=\"value\"}.");
        }
        var entries = 0;
        for (var at = 0; at < stream.Length && ProtobufField.TryRead(stream, ref at, out var field);)
        {
            if (field.Tag != ProtobufField.TagOfBytes(2))
            {
                continue;
            }
            if (entries > 0 && Written + Estimate(field.In(stream)) > _events.EventBytesMax)
            {
                if (End() is { IsNone: false } problem)
                {
                    return problem;
                }
                TryBegin(labels);
                entries = 0;
            }
            if (!TryWriteEntry(field.In(stream)))
            {
                return Malformed;
            }
            entries++;
        }
        return End();
    }

    private long Written => _json.BytesCommitted + _json.BytesPending;

    private static Problem Malformed => new(ProblemKind.BadRequest, "The body is no protobuf message of a push request.");

    private bool TryBegin(ReadOnlySpan<byte> labels)
    {
        _text.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WritePropertyName("stream"u8);
        if (!LokiLabels.TryWrite(labels, _json))
        {
            return false;
        }
        _json.WriteStartArray("values"u8);
        return true;
    }

    private Problem End()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        return _events.Add(_body, new DialectEvent(_text.WrittenSpan));
    }

    // Timestamp timestamp = 1; string line = 2; repeated LabelPairAdapter structuredMetadata = 3
    private bool TryWriteEntry(ReadOnlySpan<byte> entry)
    {
        if (!TryReadFirstTwo(entry, out var time, out var line) || !TryReadTime(time, out var nanoseconds))
        {
            return false;
        }
        _json.WriteStartArray();
        _json.WriteStringValue(nanoseconds.ToString(CultureInfo.InvariantCulture));
        WriteText(line);
        if (!TryWriteMetadata(entry))
        {
            return false;
        }
        _json.WriteEndArray();
        return true;
    }

    // string name = 1; string value = 2. An object where there is a pair, nothing where there is none.
    private bool TryWriteMetadata(ReadOnlySpan<byte> entry)
    {
        var hasBegun = false;
        for (var at = 0; at < entry.Length && ProtobufField.TryRead(entry, ref at, out var field);)
        {
            if (field.Tag != ProtobufField.TagOfBytes(3))
            {
                continue;
            }
            if (!TryReadFirstTwo(field.In(entry), out var name, out var value))
            {
                return false;
            }
            if (!hasBegun)
            {
                _json.WriteStartObject();
                hasBegun = true;
            }
            _json.WritePropertyName(Encoding.UTF8.GetString(name));
            WriteText(value);
        }
        if (hasBegun)
        {
            _json.WriteEndObject();
        }
        return true;
    }

    /// <summary>The bytes of the fields 1 and 2, the last of each; false where the message is none.</summary>
    private static bool TryReadFirstTwo(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        first = second = default;
        for (var at = 0; at < message.Length;)
        {
            if (!ProtobufField.TryRead(message, ref at, out var field))
            {
                return false;
            }
            first = field.Tag == ProtobufField.TagOfBytes(1) ? field.In(message) : first;
            second = field.Tag == ProtobufField.TagOfBytes(2) ? field.In(message) : second;
        }
        return true;
    }

    /// <summary>Text as JSON. What is no UTF-8 becomes U+FFFD, as in the JSON that clients write themselves.</summary>
    private void WriteText(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            _json.WriteStringValue(text);
        }
        else
        {
            _json.WriteStringValue(Encoding.UTF8.GetString(text));
        }
    }

    // int64 seconds = 1; int32 nanos = 2
    private static bool TryReadTime(ReadOnlySpan<byte> timestamp, out Int128 nanoseconds)
    {
        nanoseconds = 0;
        for (var at = 0; at < timestamp.Length;)
        {
            if (!ProtobufField.TryRead(timestamp, ref at, out var field))
            {
                return false;
            }
            if (field.Tag == ProtobufField.TagOfVarint(1))
            {
                nanoseconds += (Int128)(long)field.Varint * (NanosecondsMax + 1);
            }
            else if (field.Tag == ProtobufField.TagOfVarint(2))
            {
                if (field.Varint > NanosecondsMax)
                {
                    return false;
                }
                nanoseconds += field.Varint;
            }
        }
        return true;
    }

    /// <summary>Bytes an entry has at most in JSON.</summary>
    private static long Estimate(ReadOnlySpan<byte> entry)
    {
        long escaped = 0;
        for (var rest = entry; rest.IndexOfAnyExcept(Plain) is var at and >= 0; rest = rest[(at + 1)..])
        {
            escaped++;
        }
        return entry.Length + (5 * escaped) + EntryBytes;
    }
}
