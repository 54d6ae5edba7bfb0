using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Ingest.Kafka.Tests.Cluster;

namespace Ingest.Kafka.Tests.Isolation;

/// <summary>A mock cluster whose brokers refuse the batches with one topic, key or event.</summary>
internal sealed partial class KafkaReceiver : IReceiver
{
    private const int Partitions = 8;

    private readonly Refusal _refusal;
    private readonly TestCluster _cluster;
    private readonly Lock _lock = new();
    private readonly List<Taken> _taken = [];
    private volatile bool _isMended;

    private KafkaReceiver(Refusal refusal, TestCluster cluster)
    {
        (_refusal, _cluster) = (refusal, cluster);
        cluster.Rules.Refusal = Refuse;
    }

    public IReadOnlyList<(string Key, string Value)> Settings =>
    [
        ("Sinks:Kafka:BootstrapServers", _cluster.Bootstraps),
        ("Sinks:Kafka:Topic", "{stream}"),
        ("Sinks:Kafka:RequestTimeout", "00:00:01"),
        ("Sinks:Kafka:OpenTimeout", "00:00:02"),
        ("Sinks:Kafka:TopicWait", "00:00:01"),
        ("Sinks:Kafka:CloseTimeout", "00:00:01"),
    ];

    internal static async Task<KafkaReceiver> StartAsync(Refusal refusal)
    {
        var cluster = await TestCluster.StartAsync();
        foreach (var topic in IsolationRun.Streams(refusal))
        {
            await cluster.Mock.CreateTopicAsync(topic, Partitions);
        }
        return new KafkaReceiver(refusal, cluster);
    }

    public IReadOnlyList<Taken> All()
    {
        lock (_lock)
        {
            return [.. _taken];
        }
    }

    public void Mend() => _isMended = true;

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private short? Refuse(ProduceRequest request)
    {
        var events = Payload().Matches(Encoding.Latin1.GetString(request.Records)).Select(found => new IsolationEvent(
            found.Groups[1].Value, int.Parse(found.Groups[2].ValueSpan, CultureInfo.InvariantCulture), found.Groups[3].Value == "true"))
            .ToList();
        if (!_isMended && events.Exists(one => one.IsBad(_refusal.What)))
        {
            return _refusal.Code;
        }
        lock (_lock)
        {
            _taken.AddRange(events.Select(one => new Taken(one.Name, one.Number)));
        }
        return null;
    }

    [GeneratedRegex("""\{"name":"(\w+)","n":(\d+),"poison":(true|false)\}""")]
    private static partial Regex Payload();
}
