using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Ingest.Events;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Sinks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

/// <summary>Not run with the others: <c>Ingest.Kafka.Tests -explicit only -class Ingest.Kafka.Tests.SpeedTests</c> prints
/// figures.</summary>
public sealed class SpeedTests(ITestOutputHelper output)
{
    private const int Events = 300_000;
    private const int PayloadBytes = 538;
    private const int Rounds = 3;

    [Fact(Explicit = true)]
    [SuppressMessage("Reliability", "CA2007", Justification = "A test.")]
    public async Task The_sink_delivers_nearly_as_fast_as_a_bare_produce_loop()
    {
        await using var cluster = await MockCluster.StartAsync();
        await cluster.CreateTopicAsync("speed", 4);
        Librdkafka.Load();
        var options = new KafkaOptions { BootstrapServers = cluster.Bootstraps, Topic = "speed" };
        for (var round = 0; round < Rounds; round++)
        {
            var bare = Bare(options, withHeaders: false);
            var bareWithHeaders = Bare(options, withHeaders: true);
            var sink = await SinkAsync(options);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"bare {bare:N0}/s, bare with the same headers {bareWithHeaders:N0}/s, "
                + $"sink {sink:N0}/s: {sink / bare:F2} and {sink / bareWithHeaders:F2}"));
        }
    }

    private static double Bare(KafkaOptions options, bool withHeaders)
    {
        var settings = ClientSettings.For(options, SendMode.Fast);
        settings.Add(new(ConfigPropertyNames.Producer.DeliveryReportFields, "none"));
        using var producer = new ProducerBuilder<byte[], byte[]>(settings).Build();
        var payload = new byte[PayloadBytes];
        var left = Events;
        using var done = new ManualResetEventSlim();
        var start = TimeProvider.System.GetTimestamp();
        for (var index = 0; index < Events; index++)
        {
            var message = new Message<byte[], byte[]> { Key = KeyOf(index), Value = payload };
            if (withHeaders)
            {
                message.Headers =
                [
                    new Header("ingest-id", Encoding.ASCII.GetBytes($"0123456789abcdef0123456789abcdef-{index}")),
                    new Header("ingest-seq", Encoding.ASCII.GetBytes(index.ToString(CultureInfo.InvariantCulture))),
                    new Header("content-type", "application/json"u8.ToArray()),
                ];
            }
            while (true)
            {
                try
                {
                    producer.Produce("speed", message, report =>
                    {
                        if (report.Error.IsError || Interlocked.Decrement(ref left) == 0)
                        {
                            done.Set();
                        }
                    });
                    break;
                }
                catch (KafkaException failure) when (failure.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(10));
                }
            }
        }
        done.Wait();
        Assert.Equal(0, left);
        return Events / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> SinkAsync(KafkaOptions options)
    {
        const int BatchEvents = 1_900;
        const int Window = 8;
        await using var sink = new KafkaSink("speed", options, Guid.NewGuid(), TimeProvider.System, NullLogger.Instance);
        var opened = await sink.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal(VerdictKind.Delivered, opened.Kind);
        var payload = new byte[PayloadBytes];
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        var flights = new Queue<(EventBatch Batch, Task<SinkResult> Task)>();
        var batches = new Stack<EventBatch>();
        var start = TimeProvider.System.GetTimestamp();
        for (var first = 0; first < Events; first += BatchEvents)
        {
            var batch = batches.TryPop(out var used) ? used : new EventBatch();
            for (var index = first; index < Math.Min(Events, first + BatchEvents); index++)
            {
                body.ResetWrittenCount();
                EventEncoder.WriteHead(
                    body, EventFormat.Json, 1_795_000_000_000, "speed"u8, "application/json"u8, KeyOf(index), default, default);
                System.Buffers.BuffersExtensions.Write(body, payload);
                batch.Add(index + 1, body.WrittenSpan);
            }
            flights.Enqueue((batch, sink.SendAsync(batch, CancellationToken.None).AsTask()));
            while (flights.Count >= Window)
            {
                await SettleAsync();
            }
        }
        while (flights.Count > 0)
        {
            await SettleAsync();
        }
        return Events / TimeProvider.System.GetElapsedTime(start).TotalSeconds;

        async Task SettleAsync()
        {
            var (batch, task) = flights.Dequeue();
            Assert.Equal(SinkResult.Delivered, await task);
            batch.Clear();
            batches.Push(batch);
        }
    }

    private static byte[] KeyOf(int index) => Encoding.ASCII.GetBytes($"key-{index % 100}");
}
