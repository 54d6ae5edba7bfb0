using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Testcontainers.Kafka;

namespace Ingest.Containers.Tests;

/// <summary>A real broker whose port stays the same over restarts, as a broker's address does.</summary>
internal sealed class BrokerContainer : IAsyncDisposable
{
    private const string Image = "confluentinc/cp-kafka:7.9.0";
    private const string DataDirectory = "/var/lib/kafka/data";

    private readonly KafkaContainer _container;

    private BrokerContainer(KafkaContainer container) => _container = container;

    internal string Bootstraps => _container.GetBootstrapAddress().Replace("plaintext://", "", StringComparison.OrdinalIgnoreCase);

    /// <summary>Starts one; with a small disk when <paramref name="diskMegabytes"/> is given.</summary>
    internal static async Task<BrokerContainer> StartAsync(int port, int? diskMegabytes = null)
    {
        var builder = new KafkaBuilder(Image)
            .WithPortBinding(port, KafkaBuilder.KafkaPort)
            .WithEnvironment("KAFKA_MESSAGE_MAX_BYTES", "200000")
            .WithEnvironment("KAFKA_NUM_PARTITIONS", "4")
            .WithEnvironment("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
            .WithEnvironment("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1");
        if (diskMegabytes is { } megabytes)
        {
            builder = builder.WithCreateParameterModifier(parameters =>
            {
                parameters.HostConfig ??= new Docker.DotNet.Models.HostConfig();
                parameters.HostConfig.Tmpfs = new Dictionary<string, string> { [DataDirectory] = $"size={megabytes}m,mode=1777" };
            });
        }
        var container = builder.Build();
        await container.StartAsync(TestContext.Current.CancellationToken);
        return new BrokerContainer(container);
    }

    internal Task PauseAsync() => _container.PauseAsync(TestContext.Current.CancellationToken);

    internal Task UnpauseAsync() => _container.UnpauseAsync(TestContext.Current.CancellationToken);

    internal async Task RestartAsync()
    {
        await _container.StopAsync(TestContext.Current.CancellationToken);
        await _container.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Takes all the space there is on the broker's disk but for a little.</summary>
    internal Task FillDiskAsync() => _container.ExecAsync(
        ["bash", "-c", $"head -c $(($(df --output=avail -B1 {DataDirectory} | tail -1) - 65536)) /dev/zero > {DataDirectory}/ballast"],
        TestContext.Current.CancellationToken);

    /// <summary>Gives it back.</summary>
    internal Task FreeDiskAsync() =>
        _container.ExecAsync(["rm", "-f", $"{DataDirectory}/ballast"], TestContext.Current.CancellationToken);

    /// <summary>Makes a topic.</summary>
    internal async Task CreateTopicAsync(string topic, int partitions)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstraps }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }

    /// <summary>What readers of committed messages see of a topic: sequence number and key, in the order of each partition.</summary>
    internal List<(long Sequence, string? Key)> Read(string topic)
    {
        var settings = new ConsumerConfig
        {
            BootstrapServers = Bootstraps,
            GroupId = Guid.NewGuid().ToString("N"),
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnableAutoCommit = false,
        };
        using var consumer = new ConsumerBuilder<byte[], byte[]>(settings).Build();
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(30)).Topics[0].Partitions.Count;
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var read = new List<(long, string?)>();
        for (var ended = 0; ended < partitions;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException($"No end of {topic} in 30 s.");
            if (result.IsPartitionEOF)
            {
                ended++;
                continue;
            }
            var sequence = System.Text.Encoding.ASCII.GetString(result.Message.Headers.GetLastBytes("ingest-seq"));
            read.Add((
                long.Parse(sequence, System.Globalization.CultureInfo.InvariantCulture),
                result.Message.Key is { } key ? System.Text.Encoding.UTF8.GetString(key) : null));
        }
        consumer.Close();
        return read;
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
