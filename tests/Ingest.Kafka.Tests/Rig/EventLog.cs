using System.Text;
using Ingest.Events;
using Ingest.Testing;
using Ingest.Wal;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>A real log in a directory of its own, and what was put into it.</summary>
internal sealed class EventLog : IDisposable
{
    internal const long FirstAcceptedUnixMs = 1_795_000_000_000;

    private readonly TemporaryDirectory _directory = new();

    internal EventLog() =>
        Log = WriteAheadLog.Open(WalDirectory.Open(_directory["wal"]), new WalOptions { SegmentBytes = 8 * 1024 * 1024 });

    internal WriteAheadLog Log { get; }

    /// <summary>The directory.</summary>
    internal string Path => _directory["wal"];

    /// <summary>Where events are parked that came from the log.</summary>
    internal string ParkedPath => _directory["parked"];

    /// <summary>What was appended, by sequence number from 1 at index 0.</summary>
    internal List<TestEvent> Events { get; } = [];

    /// <summary>Appends events in one commit.</summary>
    internal void Append(params IEnumerable<TestEvent> events)
    {
        foreach (var chunk in events.Chunk(500))
        {
            using var batch = RecordBatch.Rent();
            foreach (var added in chunk)
            {
                batch.BeginRecord();
                added.Write(batch, FirstAcceptedUnixMs + Events.Count);
                batch.EndRecord();
                Events.Add(added);
            }
            Log.PrepareSegments();
            Assert.True(Log.TryAdd(batch, out _));
            Assert.Equal(CommitOutcome.Committed, Log.Commit(FirstAcceptedUnixMs));
        }
    }

    public void Dispose()
    {
        Log.Dispose();
        _directory.Dispose();
    }
}

/// <summary>An event as a test writes it.</summary>
internal sealed record TestEvent(byte[] Payload)
{
    internal TestEvent(string payload) : this(Encoding.UTF8.GetBytes(payload)) { }

    internal string Key { get; init; } = "";

    internal string Stream { get; init; } = "default";

    internal string ContentType { get; init; } = "application/json";

    internal EventFormat Format { get; init; } = EventFormat.Json;

    internal IReadOnlyList<(string Name, string Value)> Attributes { get; init; } = [];

    /// <summary>Events numbered in their payload, with keys going around.</summary>
    internal static IEnumerable<TestEvent> Many(int count, int keys, int payloadBytes = 100, int from = 0) =>
        Enumerable.Range(from, count)
            .Select(n => new TestEvent($"{{\"n\":{n},\"p\":\"{new string('x', payloadBytes)}\"}}") { Key = $"k{n % keys}" });

    /// <summary>Writes the record's body.</summary>
    internal void Write(System.Buffers.IBufferWriter<byte> output, long acceptedUnixMs)
    {
        var attributes = new System.Buffers.ArrayBufferWriter<byte>();
        foreach (var (name, value) in Attributes)
        {
            EventEncoder.WriteAttribute(attributes, Encoding.ASCII.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }
        EventEncoder.WriteHead(
            output, Format, acceptedUnixMs, Encoding.ASCII.GetBytes(Stream), Encoding.ASCII.GetBytes(ContentType),
            Encoding.UTF8.GetBytes(Key), default, attributes.WrittenSpan);
        System.Buffers.BuffersExtensions.Write(output, Payload);
    }
}
