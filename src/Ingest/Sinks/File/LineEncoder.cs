using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using Ingest.Events;

namespace Ingest.Sinks.Files;

/// <summary>
/// An event as a line: <c>{"seq":…,"id":…,"key":…,"time":…,"type":…,"attributes":{…},"data":…}</c>. Id, key and attributes only where
/// given; payloads that are not JSON as <c>data_base64</c>. Of a JSON payload only line breaks change, which can stand between tokens
/// alone: they become spaces.
/// </summary>
internal sealed class LineEncoder
{
    // As 2026-11-21T00:00:00.000Z
    private const int TimeBytes = 24;
    private const int NumberBytesMax = 20;

    // Bytes a character may take when escaped: \uXXXX for one byte.
    private const int EscapedBytesMax = 6;

    private static readonly long UnixMsMin = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long UnixMsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly byte[] _time = new byte[TimeBytes];
    private long? _timeUnixMs;

    /// <param name="line">Takes the line.</param>
    /// <param name="stored">The event.</param>
    /// <param name="withStream">Whether the stream is named: not in a file, whose folder says it.</param>
    internal void Write(LineBuffer line, in StoredEvent stored, bool withStream = false)
    {
        line.Write("{\"seq\":"u8);
        var number = line.Reserve(NumberBytesMax);
        stored.Sequence.TryFormat(number, out var digits, default, CultureInfo.InvariantCulture);
        line.Advance(digits);
        if (withStream)
        {
            WriteText(line, ",\"stream\":"u8, stored.Stream);
        }
        WriteText(line, ",\"id\":"u8, stored.Id);
        WriteText(line, ",\"key\":"u8, stored.Key);
        line.Write(",\"time\":\""u8);
        WriteTime(line, stored.AcceptedUnixMs);
        line.Write((byte)'"');
        WriteText(line, ",\"type\":"u8, stored.ContentType.IsEmpty ? DefaultType(stored.Format) : stored.ContentType);
        WriteAttributes(line, stored.Attributes);
        if (stored.Format == EventFormat.Opaque || stored.Payload.IsEmpty)
        {
            WriteBase64(line, stored.Payload.Span);
        }
        else
        {
            WriteJson(line, stored.Payload.Span);
        }
        line.Write("}\n"u8);
    }

    private static ReadOnlySpan<byte> DefaultType(EventFormat format) => format switch
    {
        EventFormat.Json => "application/json"u8,
        EventFormat.CloudEvent => "application/cloudevents+json"u8,
        _ => "application/octet-stream"u8,
    };

    private void WriteTime(LineBuffer line, long unixMs)
    {
        if (unixMs != _timeUnixMs)
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, UnixMsMin, UnixMsMax));
            time.TryFormat(_time, out _, EventTime.Format, CultureInfo.InvariantCulture);
            _timeUnixMs = unixMs;
        }
        line.Write(_time);
    }

    private static void WriteAttributes(LineBuffer line, EventAttributes attributes)
    {
        var any = false;
        foreach (var attribute in attributes)
        {
            line.Write(any ? ","u8 : ",\"attributes\":{"u8);
            any = true;
            WriteQuoted(line, attribute.Name);
            line.Write((byte)':');
            WriteQuoted(line, attribute.Value);
        }
        if (any)
        {
            line.Write((byte)'}');
        }
    }

    private static void WriteText(LineBuffer line, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            line.Write(name);
            WriteQuoted(line, value);
        }
    }

    // Bytes that are no UTF-8 become U+FFFD, so that every line stays valid JSON.
    private static void WriteQuoted(LineBuffer line, ReadOnlySpan<byte> value)
    {
        var encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        line.Write((byte)'"');
        if (encoder.FindFirstCharacterToEncodeUtf8(value) < 0)
        {
            line.Write(value);
        }
        else
        {
            var status = encoder.EncodeUtf8(value, line.Reserve(value.Length * EscapedBytesMax), out _, out var written);
            if (status != OperationStatus.Done)
            {
                throw new InvalidOperationException($"Escaping a text ended with {status}.");
            }
            line.Advance(written);
        }
        line.Write((byte)'"');
    }

    private static void WriteBase64(LineBuffer line, ReadOnlySpan<byte> payload)
    {
        line.Write(",\"data_base64\":\""u8);
        Base64.EncodeToUtf8(payload, line.Reserve(Base64.GetMaxEncodedToUtf8Length(payload.Length)), out _, out var written);
        line.Advance(written);
        line.Write((byte)'"');
    }

    private static void WriteJson(LineBuffer line, ReadOnlySpan<byte> payload)
    {
        line.Write(",\"data\":"u8);
        var written = line.Reserve(payload.Length)[..payload.Length];
        payload.CopyTo(written);
        // Most payloads have none.
        if (payload.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var at)
        {
            written[at..].Replace((byte)'\n', (byte)' ');
            written[at..].Replace((byte)'\r', (byte)' ');
        }
        line.Advance(payload.Length);
    }
}
