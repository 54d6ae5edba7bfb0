using System.Globalization;
using System.Text;
using Ingest.Events;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Wal;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests.Speed;

/// <summary>Events that wait in a real log, and lanes that deliver them.</summary>
internal sealed class Backlog : IDisposable
{
    internal const int PayloadBytes = 538;
    private const int Keys = 100;
    private const int GroupEvents = 1000;
    private const long AcceptedUnixMs = 1_795_000_000_000;

    private static readonly byte[][] KeyBytes =
        [.. Enumerable.Range(0, Keys).Select(key => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"key-{key}")))];

    private readonly TemporaryDirectory _directory = new();
    private readonly WriteAheadLog _log;
    private int _lanes;

    internal Backlog(int events, int payloadBytes = PayloadBytes)
    {
        Events = events;
        Payload = [.. "{\"p\":\""u8, .. Enumerable.Repeat((byte)'x', payloadBytes - 8), .. "\"}"u8];
        _log = WriteAheadLog.Open(WalDirectory.Open(_directory["wal"]), new WalOptions());
        for (var index = 0; index < events;)
        {
            using var batch = RecordBatch.Rent();
            for (var end = Math.Min(index + GroupEvents, events); index < end; index++)
            {
                batch.BeginRecord();
                EventEncoder.WriteHead(
                    batch, EventFormat.Json, AcceptedUnixMs, "speed"u8, "application/json"u8, KeyOf(index), default, default);
                System.Buffers.BuffersExtensions.Write(batch, Payload);
                batch.EndRecord();
            }
            _log.PrepareSegments();
            Assert.True(_log.TryAdd(batch, out _));
            Assert.Equal(CommitOutcome.Committed, _log.Commit(AcceptedUnixMs));
        }
    }

    internal int Events { get; }

    internal byte[] Payload { get; }

    internal static byte[] KeyOf(int index) => KeyBytes[index % Keys];

    /// <summary>Delivers all of it through a lane of its own, and returns events a second and bytes allocated for each.</summary>
    internal async Task<(double PerSecond, double AllocatedPerEvent)> DeliverAsync(Func<Guid, ISink> makeSink)
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var start = TimeProvider.System.GetTimestamp();
        await using var lane = StartLane(makeSink);
        await Poll.Until("all is delivered", () => lane.Status.Settled == Events, TimeSpan.FromMinutes(5));
        var took = TimeProvider.System.GetElapsedTime(start);
        Assert.Equal(Events, lane.Status.Delivered);
        return (Events / took.TotalSeconds, (double)(GC.GetTotalAllocatedBytes() - allocated) / Events);
    }

    /// <summary>Starts a lane that knows nothing of those before it.</summary>
    internal RunningLane StartLane(Func<Guid, ISink> makeSink, PublishingOptions? options = null) => new(
        _log, string.Create(CultureInfo.InvariantCulture, $"lane{++_lanes}"), makeSink(_log.Id), options ?? new PublishingOptions());

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }
}

/// <summary>A lane that delivers a <see cref="Backlog"/>.</summary>
internal sealed class RunningLane : IAsyncDisposable
{
    private readonly Instruments _instruments = new();
    private readonly LaneSet _lanes;

    internal RunningLane(WriteAheadLog log, string name, ISink sink, PublishingOptions options)
    {
        _lanes = new LaneSet(
            log, [new LaneSpec(name, "test", () => sink)], options, new Refusing(), _instruments, TimeProvider.System,
            NullLoggerFactory.Instance);
        _lanes.Start();
    }

    internal LaneStatus Status => _lanes.Statuses[0];

    public async ValueTask DisposeAsync()
    {
        await _lanes.DisposeAsync();
        _instruments.Dispose();
    }

    private sealed class Refusing : IDeadLetterStore
    {
        public ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel) =>
            throw new InvalidOperationException("Nothing is rejected here.");
    }
}
