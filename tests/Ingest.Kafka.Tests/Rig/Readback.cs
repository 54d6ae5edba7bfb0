using System.Globalization;
using Ingest.Kafka.Tests.Cluster;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>What kcat read, held against what was put into the log.</summary>
internal sealed class Readback
{
    private readonly List<TestEvent> _sent;
    private readonly List<KafkaRecord> _read;

    internal Readback(List<TestEvent> sent, IEnumerable<KafkaRecord> read)
    {
        _sent = sent;
        _read = [.. read];
        Missing = [.. Enumerable.Range(1, sent.Count).Select(sequence => (long)sequence).Except(_read.Select(record => record.Sequence))];
        Duplicates = _read.Count - _read.Select(record => record.Sequence).Distinct().Count();
    }

    /// <summary>Sequence numbers that are in no topic.</summary>
    internal IReadOnlyList<long> Missing { get; }

    /// <summary>Messages beyond the first of their number.</summary>
    internal int Duplicates { get; }

    /// <summary>Numbers of one key, in the order of their partition, that do not rise, as <c>key: earlier, later</c>.</summary>
    internal IEnumerable<string> Disorder =>
        from record in _read
        where record.Key is not null
        group record by (record.Key, record.Partition) into ofKey
        from pair in ofKey.Zip(ofKey.Skip(1))
        where pair.First.Sequence >= pair.Second.Sequence
        select string.Create(CultureInfo.InvariantCulture, $"{ofKey.Key.Key}: {pair.First.Sequence}, {pair.Second.Sequence}");

    /// <summary>The same for the first message of every number: repeats do not count.</summary>
    internal IEnumerable<string> DisorderOfFirsts => new Readback(_sent, _read.DistinctBy(record => record.Sequence)).Disorder;

    /// <summary>Everything once, in order, byte for byte, but for those numbers.</summary>
    internal void IsComplete(params IEnumerable<long> except)
    {
        Assert.Equal(except.Order(), Missing);
        Assert.Equal(0, Duplicates);
        IsInOrder();
    }

    /// <summary>Each key in one partition, its numbers rising, every payload as it was sent.</summary>
    internal void IsInOrder()
    {
        Assert.Empty(Disorder);
        Assert.All(_read.Where(record => record.Key is not null).GroupBy(record => record.Key), ofKey =>
            Assert.Single(ofKey.Select(record => record.Partition).Distinct()));
        foreach (var record in _read)
        {
            var sent = _sent[(int)record.Sequence - 1];
            Assert.True(sent.Payload.AsSpan().SequenceEqual(record.Value), $"Payload {record.Sequence} differs.");
            Assert.Equal(sent.Key, record.Key ?? "");
        }
    }
}
