using System.Globalization;
using Confluent.Kafka;
using Ingest.Kafka;
using Ingest.Worker.Verify.Judging;

namespace Ingest.Worker.Verify.Readings;

/// <summary>
/// Reads a topic from its beginning to the end of all partitions, committed transactions alone, without a consumer group's offsets.
/// </summary>
internal sealed class KafkaReading : ISinkReading, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(100);

    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly string _topic;
    private readonly string _run;
    private readonly TimeProvider _time;
    private readonly HashSet<int> _behind = [];
    private string[] _places = [];
    private bool _isUnreachable;
    private string _trouble = "it has not been asked yet";

    /// <param name="brokers">Addresses, as <c>bootstrap.servers</c> takes them.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="options">The client's settings, beside those that reading needs.</param>
    /// <param name="run">The run.</param>
    /// <param name="time">The clock.</param>
    internal KafkaReading(
        string brokers, string topic, IEnumerable<KeyValuePair<string, string>> options, string run, TimeProvider time)
    {
        Librdkafka.Load();
        (_topic, _run, _time) = (topic, run, time);
        var settings = new Dictionary<string, string>(options, StringComparer.Ordinal)
        {
            ["bootstrap.servers"] = brokers,
            ["group.id"] = "ingest-verify",
            ["enable.auto.commit"] = "false",
            ["enable.partition.eof"] = "true",
            ["isolation.level"] = "read_committed",
            ["allow.auto.create.topics"] = "false",
        };
        if (Librdkafka.Check(settings) is { } wrong)
        {
            throw new CommandFailure(ExitCode.Usage, $"The Kafka client refuses an --option: {wrong}.");
        }
        _consumer = new ConsumerBuilder<Ignore, byte[]>(settings)
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, error) => Volatile.Write(ref _trouble, error.Reason))
            .Build();
    }

    /// <inheritdoc/>
    public string? Trouble => _places.Length > 0 && _behind.Count == 0 && !_isUnreachable
        ? null
        : $"Topic {_topic} could not be read to its end: {Volatile.Read(ref _trouble).TrimEnd('.')}.";

    /// <inheritdoc/>
    public Task ReadAsync(Ledger ledger, CancellationToken cancel) => Task.Run(() => Read(ledger, cancel), cancel);

    public void Dispose() => _consumer.Dispose();

    private void Read(Ledger ledger, CancellationToken cancel)
    {
        if (_places.Length == 0 && !TryAssign())
        {
            return;
        }
        var scan = new EventScan(_run, ledger);
        var heard = _time.GetTimestamp();
        while (_time.GetElapsedTime(heard) < Patience)
        {
            cancel.ThrowIfCancellationRequested();
            var read = Consume();
            if (read is null)
            {
                if (_behind.Count == 0)
                {
                    _isUnreachable = !Answers();
                    return;
                }
                continue;
            }
            heard = _time.GetTimestamp();
            Take(scan, read);
        }
    }

    // Nothing comes from brokers that are gone either, and their end is not known then.
    private bool Answers()
    {
        try
        {
            for (var partition = 0; partition < _places.Length; partition++)
            {
                _consumer.QueryWatermarkOffsets(new TopicPartition(_topic, partition), Patience);
            }
            return true;
        }
        catch (KafkaException failure)
        {
            Volatile.Write(ref _trouble, failure.Error.Reason);
            return false;
        }
    }

    private void Take(EventScan scan, ConsumeResult<Ignore, byte[]> read)
    {
        if (read.IsPartitionEOF)
        {
            _behind.Remove(read.Partition);
            return;
        }
        _behind.Add(read.Partition);
        scan.Take(read.Message.Value ?? [], _places[read.Partition]);
    }

    private ConsumeResult<Ignore, byte[]>? Consume()
    {
        try
        {
            return _consumer.Consume(PollTime);
        }
        catch (ConsumeException failure)
        {
            Volatile.Write(ref _trouble, failure.Error.Reason);
            return null;
        }
    }

    private bool TryAssign()
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
            var topic = admin.GetMetadata(_topic, Patience).Topics.Single();
            if (topic.Error.IsError || topic.Partitions.Count == 0)
            {
                Volatile.Write(ref _trouble, topic.Error.IsError ? topic.Error.Reason : "it has no partitions");
                return false;
            }
            _places = new string[topic.Partitions.Max(partition => partition.PartitionId) + 1];
            foreach (var id in topic.Partitions.Select(partition => partition.PartitionId))
            {
                _places[id] = string.Create(CultureInfo.InvariantCulture, $"partition {id}");
                _behind.Add(id);
            }
            _consumer.Assign(_behind.Select(id => new TopicPartitionOffset(_topic, id, Offset.Beginning)));
            return true;
        }
        catch (KafkaException failure)
        {
            Volatile.Write(ref _trouble, failure.Error.Reason);
            return false;
        }
    }
}
