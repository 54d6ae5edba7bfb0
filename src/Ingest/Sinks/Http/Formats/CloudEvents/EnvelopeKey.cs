using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ingest.Sinks.Http.Formats.CloudEvents;

/// <summary>Writes a CloudEvent's envelope as it came, but with the key under which the event was stored as its partition key.</summary>
internal static class EnvelopeKey
{
    /// <summary>Writes the envelope; byte for byte where its partition key is the event's, or the event has none.</summary>
    internal static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty)
        {
            output.Write(envelope);
            return;
        }
        var reader = new Utf8JsonReader(envelope, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = reader.ValueTextEquals("partitionkey"u8);
            reader.Read();
            if (!isKey)
            {
                reader.Skip();
                continue;
            }
            var start = (int)reader.TokenStartIndex;
            var isSame = reader.TokenType == JsonTokenType.String ? reader.ValueTextEquals(key) : reader.ValueSpan.SequenceEqual(key);
            reader.Skip();
            output.Write(envelope[..start]);
            output.Write(isSame ? envelope[start..(int)reader.BytesConsumed] : Quoted(key));
            output.Write(envelope[(int)reader.BytesConsumed..]);
            return;
        }
        var end = envelope.LastIndexOf((byte)'}');
        output.Write(envelope[..end]);
        output.Write(",\"partitionkey\":"u8);
        output.Write(Quoted(key));
        output.Write(envelope[end..]);
    }

    private static byte[] Quoted(ReadOnlySpan<byte> key) => Encoding.UTF8.GetBytes(
        $"\"{JsonEncodedText.Encode(key, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"");
}
