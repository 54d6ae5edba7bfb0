using System.Buffers;
using System.Text;
using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Tests.Sinks;

/// <summary>Events and batches of them, made without a log.</summary>
internal static class TestEvents
{
    internal const long AcceptedUnixMs = 1_795_219_200_123;

    internal static byte[] Body(
        string payload, string key = "", string stream = "default", string id = "", string contentType = "",
        EventFormat format = EventFormat.Json, byte[]? attributes = null, long acceptedUnixMs = AcceptedUnixMs) =>
        Body(Encoding.UTF8.GetBytes(payload), Encoding.UTF8.GetBytes(key), stream, Encoding.UTF8.GetBytes(id), contentType, format,
            attributes, acceptedUnixMs);

    internal static byte[] Body(
        byte[] payload, byte[] key, string stream, byte[] id, string contentType, EventFormat format, byte[]? attributes,
        long acceptedUnixMs)
    {
        var body = new ArrayBufferWriter<byte>();
        EventEncoder.WriteHead(
            body, format, acceptedUnixMs, Encoding.UTF8.GetBytes(stream), Encoding.UTF8.GetBytes(contentType), key, id, attributes);
        body.Write(payload);
        return body.WrittenSpan.ToArray();
    }

    internal static byte[] Attributes(params (string Name, string Value)[] attributes)
    {
        var encoded = new ArrayBufferWriter<byte>();
        foreach (var (name, value) in attributes)
        {
            EventEncoder.WriteAttribute(encoded, Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }
        return encoded.WrittenSpan.ToArray();
    }

    internal static EventBatch Batch(long first, params byte[][] bodies)
    {
        var batch = new EventBatch();
        foreach (var body in bodies)
        {
            batch.Add(first++, body);
        }
        return batch;
    }

    /// <summary>Events <paramref name="first"/> to <paramref name="last"/>, each with its number as payload; streams go around.</summary>
    internal static EventBatch Numbered(long first, long last, int streams = 1)
    {
        var batch = new EventBatch();
        for (var sequence = first; sequence <= last; sequence++)
        {
            var stream = streams == 1 ? "default" : $"s{sequence % streams}";
            batch.Add(sequence, Body($"{{\"n\":{sequence}}}", stream: stream));
        }
        return batch;
    }

    /// <summary>Events of these streams, each with its number as payload.</summary>
    internal static EventBatch Of(params (long Sequence, string Stream)[] events)
    {
        var batch = new EventBatch();
        foreach (var (sequence, stream) in events)
        {
            batch.Add(sequence, Body($"{{\"n\":{sequence}}}", stream: stream));
        }
        return batch;
    }
}
