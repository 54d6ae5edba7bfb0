using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Ingest.Kafka;

/// <summary>
/// Takes a CloudEvents JSON envelope apart for Kafka's binary mode: context attributes as <c>ce_</c> headers, the data as value, its
/// <c>datacontenttype</c> as content type. One thread at a time; what it gives is valid until the next event.
/// </summary>
internal sealed class EnvelopeReader
{
    private const string Prefix = "ce_";

    private readonly List<(byte[] Name, Range Value)> _attributes = [];
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly ArrayBufferWriter<byte> _data = new();
    private Range _contentType;

    /// <summary>Context attributes of the envelope just read.</summary>
    internal int Count => _attributes.Count;

    /// <summary>The value of the message.</summary>
    internal ReadOnlySpan<byte> Data => _data.WrittenSpan;

    /// <summary>The data's media type; empty when there is no data.</summary>
    internal ReadOnlySpan<byte> ContentType => _values.WrittenSpan[_contentType];

    /// <summary>A header's name.</summary>
    internal ReadOnlySpan<byte> NameOf(int index) => _attributes[index].Name;

    /// <summary>A header's value, UTF-8.</summary>
    internal ReadOnlySpan<byte> ValueOf(int index) => _values.WrittenSpan[_attributes[index].Value];

    /// <summary>Reads an envelope. False when it is none that binary mode can carry: then it travels as it is.</summary>
    internal bool TryRead(ReadOnlyMemory<byte> envelope)
    {
        _attributes.Clear();
        _values.ResetWrittenCount();
        _data.ResetWrittenCount();
        _contentType = default;
        try
        {
            return TryReadObject(envelope.Span);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string that is no text (half a surrogate pair).
            return false;
        }
    }

    private bool TryReadObject(ReadOnlySpan<byte> envelope)
    {
        ReadOnlySpan<byte> data = default;
        var hasData = false;
        var isBase64 = false;
        var reader = new Utf8JsonReader(envelope);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isBase64 |= reader.ValueTextEquals("data_base64"u8);
            if (reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("data_base64"u8))
            {
                hasData = true;
                data = envelope[SkipValue(ref reader)];
            }
            else if (!TryReadAttribute(ref reader))
            {
                return false;
            }
        }
        return !hasData || TryWriteData(data, isBase64);
    }

    // Where the value stands.
    private static Range SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private bool TryReadAttribute(ref Utf8JsonReader reader)
    {
        var name = reader.GetString()!;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }
        var start = _values.WrittenCount;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                _values.Advance(reader.CopyString(_values.GetSpan(Math.Max(1, reader.ValueSpan.Length))));
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                _values.Write(reader.ValueSpan);
                break;
            default:
                return false;
        }
        if (name == "datacontenttype")
        {
            _contentType = start.._values.WrittenCount;
            return true;
        }
        if (name.Length is 0 or > 200 || !Ascii.IsValid(name))
        {
            return false;
        }
        _attributes.Add((Encoding.ASCII.GetBytes(Prefix + name), start.._values.WrittenCount));
        return true;
    }

    private bool TryWriteData(ReadOnlySpan<byte> data, bool isBase64)
    {
        if (isBase64)
        {
            return TryWriteBase64(data);
        }
        if (ContentType.IsEmpty)
        {
            var start = _values.WrittenCount;
            _values.Write("application/json"u8);
            _contentType = start.._values.WrittenCount;
        }
        if (IsJson(ContentType) || data[0] != (byte)'"')
        {
            _data.Write(data);
            return true;
        }
        // A string under a type that is not JSON is the data itself (JSON event format, section 3.1).
        var reader = new Utf8JsonReader(data);
        reader.Read();
        _data.Advance(reader.CopyString(_data.GetSpan(Math.Max(1, data.Length))));
        return true;
    }

    private bool TryWriteBase64(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out var decoded))
        {
            return false;
        }
        _data.Write(decoded);
        return true;
    }

    private static bool IsJson(ReadOnlySpan<byte> type)
    {
        var end = type.IndexOf((byte)';');
        var media = (end < 0 ? type : type[..end]).Trim((byte)' ');
        return Ascii.EqualsIgnoreCase(media, "application/json"u8)
            || Ascii.EqualsIgnoreCase(media, "text/json"u8)
            || (media.Length > 5 && Ascii.EqualsIgnoreCase(media[^5..], "+json"u8));
    }
}
