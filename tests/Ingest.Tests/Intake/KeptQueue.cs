using Ingest.Events;
using Ingest.Queue;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Intake;

/// <summary>A queue that keeps what it is handed, numbers it, and answers as it is told.</summary>
internal sealed class KeptQueue
{
    private readonly Lock _lock = new();
    private readonly List<StoredEvent> _events = [];

    /// <summary>What the next submissions are answered with; null answers them durable.</summary>
    internal CommitStatus? Refusal { get; set; }

    /// <summary>Submissions wait for this.</summary>
    internal Task Ready { get; set; } = Task.CompletedTask;

    internal IReadOnlyList<StoredEvent> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    internal async ValueTask<CommitReceipt> SubmitAsync(RecordBatch batch, string stream, CancellationToken cancel)
    {
        using (batch)
        {
            await Ready.WaitAsync(cancel);
            if (Refusal is { } status)
            {
                return new CommitReceipt(status);
            }
            lock (_lock)
            {
                var first = _events.Count + 1;
                _events.AddRange(StoredBatch.Events(batch, first));
                return new CommitReceipt(CommitStatus.Durable, first, _events.Count);
            }
        }
    }
}
