using System.Globalization;
using System.Text;
using Confluent.Kafka;

namespace Ingest.Kafka.Tests.Speed;

/// <summary>The plain loop that everybody writes: produce, count the reports, wait for the last one. It keeps nothing and promises
/// nothing.</summary>
internal static class BareProducer
{
    /// <summary>Events a second, with the sink's own client settings.</summary>
    /// <param name="options">Brokers and settings.</param>
    /// <param name="backlog">What to send.</param>
    /// <param name="withHeaders">The headers the sink adds, made as cheaply as a loop can.</param>
    internal static double Run(KafkaOptions options, Backlog backlog, bool withHeaders)
    {
        var settings = ClientSettings.For(options, SendMode.Fast);
        settings.Add(new(ConfigPropertyNames.Producer.DeliveryReportFields, "none"));
        using var producer = new ProducerBuilder<byte[], byte[]>(settings).Build();
        using var done = new ManualResetEventSlim();
        using var reported = new AutoResetEvent(false);
        var left = backlog.Events;
        var failed = false;
        void Report(DeliveryReport<byte[], byte[]> report)
        {
            failed |= report.Error.IsError;
            if (Interlocked.Decrement(ref left) is var rest && (rest == 0 || failed))
            {
                done.Set();
            }
            if (rest % 1000 == 0)
            {
                reported.Set();
            }
        }
        Action<DeliveryReport<byte[], byte[]>> handler = Report;
        var start = TimeProvider.System.GetTimestamp();
        for (var index = 0; index < backlog.Events; index++)
        {
            var message = new Message<byte[], byte[]> { Key = Backlog.KeyOf(index), Value = backlog.Payload };
            if (withHeaders)
            {
                message.Headers = HeadersOf(index);
            }
            while (!TryProduce(producer, options.Topic, message, handler))
            {
                reported.WaitOne(TimeSpan.FromMilliseconds(10));
            }
        }
        done.Wait();
        Assert.False(failed);
        return backlog.Events / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static Headers HeadersOf(int index)
    {
        var number = index.ToString(CultureInfo.InvariantCulture);
        return
        [
            new Header("ingest-id", Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef-" + number)),
            new Header("ingest-seq", Encoding.ASCII.GetBytes(number)),
            new Header("content-type", "application/json"u8.ToArray()),
        ];
    }

    private static bool TryProduce(
        IProducer<byte[], byte[]> producer,
        string topic,
        Message<byte[], byte[]> message,
        Action<DeliveryReport<byte[], byte[]>> handler)
    {
        try
        {
            producer.Produce(topic, message, handler);
            return true;
        }
        catch (KafkaException full) when (full.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
    }
}
