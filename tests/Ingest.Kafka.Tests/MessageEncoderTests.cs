using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Ingest.Events;
using Ingest.Kafka.Tests.Rig;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

[Collection(Alone.Name)]
public sealed class MessageEncoderTests : IDisposable
{
    private static readonly Guid LogId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly EventBatch _batch = new();

    [Fact]
    public void A_message_has_the_events_topic_key_bytes_time_and_headers()
    {
        var encoder = new MessageEncoder(new KafkaOptions { Topic = "in.{stream}.v1" }, _ => LogId);
        var stored = Store(
            1842, new TestEvent("{\"a\": 1 }") { Stream = "orders", Key = "k", Attributes = [("traceparent", "00-aa-bb-01")] });

        var message = encoder.Encode(stored, out var topic)!;

        Assert.Equal("in.orders.v1", topic);
        Assert.Equal("k", Encoding.UTF8.GetString(message.Key));
        Assert.Equal("{\"a\": 1 }", Encoding.UTF8.GetString(message.Value));
        Assert.Equal(new Timestamp(1_795_000_001_842, TimestampType.CreateTime), message.Timestamp);
        Assert.Equal(
            [
                "ingest-id=00112233445566778899aabbccddeeff-1842",
                "ingest-seq=1842",
                "content-type=application/json",
                "traceparent=00-aa-bb-01",
            ],
            Shown(message));
    }

    [Theory]
    [InlineData("Json", "", "application/json")]
    [InlineData("Json", "application/problem+json", "application/problem+json")]
    [InlineData("Opaque", "text/plain", "text/plain")]
    [InlineData("Opaque", "", null)]
    [InlineData("CloudEvent", "application/cloudevents+json; charset=utf-8", "application/cloudevents+json; charset=utf-8")]
    [InlineData("CloudEvent", "application/cloudevents-batch+json", "application/cloudevents+json")]
    public void The_content_type_is_that_of_the_value(string format, string sent, string? expected)
    {
        var encoder = new MessageEncoder(new KafkaOptions(), _ => LogId);
        var stored = Store(1, new TestEvent("{}") { Format = Enum.Parse<EventFormat>(format), ContentType = sent });

        var message = encoder.Encode(stored, out _)!;

        var types = Shown(message).Where(header => header.StartsWith("content-type=", StringComparison.Ordinal));
        Assert.Equal(expected is null ? [] : ["content-type=" + expected], types);
    }

    [Fact]
    public void An_event_without_a_key_has_none_rather_than_an_empty_one()
    {
        var message = new MessageEncoder(new KafkaOptions(), _ => LogId).Encode(Store(1, new TestEvent("1")), out _)!;

        Assert.Null(message.Key);
    }

    [Fact]
    public void An_event_larger_than_a_message_may_be_has_none()
    {
        var encoder = new MessageEncoder(new KafkaOptions { MessageBytesMax = 1000 }, _ => LogId);

        Assert.NotNull(encoder.Encode(Store(1, new TestEvent(new string('1', 700))), out _));
        Assert.Null(encoder.Encode(Store(2, new TestEvent(new string('1', 900))), out _));
        Assert.Null(encoder.Encode(Store(3, new TestEvent("1") { Key = new string('k', 1000) }), out _));
        Assert.Null(encoder.Encode(Store(4, new TestEvent("1") { Attributes = [("ce_x", new string('v', 1000))] }), out _));
    }

    [Fact]
    public void Headers_of_one_event_never_leak_into_the_next()
    {
        var encoder = new MessageEncoder(new KafkaOptions(), _ => LogId);
        var random = new Random(7);
        for (var sequence = 1; sequence < 2_000; sequence++)
        {
            var attributes = Enumerable.Range(0, random.Next(5))
                .Select(_ => ($"ce_{random.Next(4)}", new string('v', random.Next(3)))).ToList();
            var sent = new TestEvent(new string('x', random.Next(1, 5)))
            {
                Attributes = attributes,
                ContentType = random.Next(2) == 0 ? "" : "a/b",
                Key = new string('k', random.Next(3)),
            };

            var message = encoder.Encode(Store(sequence, sent with { Format = EventFormat.Opaque }), out _)!;

            string[] expected =
            [
                string.Create(CultureInfo.InvariantCulture, $"ingest-id={LogId:N}-{sequence}"),
                string.Create(CultureInfo.InvariantCulture, $"ingest-seq={sequence}"),
                .. sent.ContentType.Length > 0 ? ["content-type=a/b"] : Array.Empty<string>(),
                .. attributes.Select(attribute => $"{attribute.Item1}={attribute.Item2}"),
            ];
            Assert.Equal(expected, Shown(message));
            Assert.Equal(sent.Payload, message.Value);
            Assert.Equal(sent.Key, message.Key is null ? "" : Encoding.UTF8.GetString(message.Key));
        }
    }

    [Fact]
    public void Encoding_events_of_one_shape_allocates_nothing()
    {
        var encoder = new MessageEncoder(new KafkaOptions(), _ => LogId);
        for (var sequence = 100_000; sequence < 100_100; sequence++)
        {
            Store(sequence, new TestEvent("{\"n\":1}") { Key = "key" });
        }
        encoder.Encode(_batch[0], out _);

        var allocated = Allocations.OfOneRun(() =>
        {
            for (var index = 0; index < _batch.Count; index++)
            {
                encoder.Encode(_batch[index], out _);
            }
        });

        Assert.Equal(0, allocated);
    }

    public void Dispose() => _batch.Dispose();

    private StoredEvent Store(long sequence, TestEvent sent)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        sent.Write(body, EventLog.FirstAcceptedUnixMs + sequence);
        _batch.Add(sequence, body.WrittenSpan);
        return _batch[_batch.Count - 1];
    }

    private static string[] Shown(Message<byte[], byte[]> message) =>
        [.. message.Headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.GetValueBytes())}")];
}
