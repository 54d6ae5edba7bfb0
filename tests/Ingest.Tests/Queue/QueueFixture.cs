using System.Text;
using Ingest.Events;
using Ingest.Health;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Simulation.Model;
using Ingest.Testing;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Queue;

/// <summary>A queue over a real log in a directory of its own.</summary>
internal sealed class QueueFixture : IDisposable
{
    internal const int SegmentBytes = 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();

    public QueueFixture(QueueOptions? options = null, Func<IWalDirectory, IWalDirectory>? disk = null)
    {
        var real = WalDirectory.Open(_directory["wal"]);
        Directory = disk is null ? real : disk(real);
        Log = WriteAheadLog.Open(Directory, new WalOptions { SegmentBytes = SegmentBytes, TailBytes = TailSizes.Tested });
        Gate.Open(RefusalCode.Starting);
        Queue = new CommitQueue(
            Log, options ?? new QueueOptions(), Gate, Totals, Instruments, TimeProvider.System, NullLogger<CommitQueue>.Instance);
    }

    public Instruments Instruments { get; } = new();

    public AdmissionGate Gate { get; } = new();

    public IWalDirectory Directory { get; }

    public WriteAheadLog Log { get; }

    public CommitQueue Queue { get; }

    public StreamTotals Totals { get; } = new();

    public static RecordBatch Batch(params string[] payloads) => BatchOf("s", payloads);

    public static RecordBatch BatchOf(string stream, params string[] payloads)
    {
        var batch = RecordBatch.Rent();
        foreach (var payload in payloads)
        {
            batch.BeginRecord();
            EventEncoder.WriteHead(batch, EventFormat.Json, 1, Encoding.UTF8.GetBytes(stream), default, default, default, default);
            var bytes = Encoding.UTF8.GetBytes(payload);
            bytes.CopyTo(batch.GetSpan(bytes.Length));
            batch.Advance(bytes.Length);
            batch.EndRecord();
        }
        return batch;
    }

    /// <summary>Everything durable, as sequence and payload.</summary>
    public List<(long Sequence, string Payload)> Stored()
    {
        var stored = new List<(long, string)>();
        using var reader = Log.OpenReader(1);
        while (reader.Read() == WalReadStatus.Record)
        {
            Assert.True(StoredEvent.TryRead(reader.Sequence, reader.Body.ToArray(), out var read));
            stored.Add((reader.Sequence, Encoding.UTF8.GetString(read.Payload.Span)));
        }
        return stored;
    }

    public void Dispose()
    {
        Queue.Dispose();
        Log.Dispose();
        Directory.Dispose();
        Instruments.Dispose();
        _directory.Dispose();
    }
}
