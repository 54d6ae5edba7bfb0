using Ingest.Queue;
using Ingest.Wal.Writing;

namespace Ingest.Intake.Admission;

/// <summary>Hands a batch to the queue, which owns it from here on, and waits until it is durable or refused.</summary>
internal delegate ValueTask<CommitReceipt> SubmitBatch(RecordBatch batch, string stream, CancellationToken cancel);
