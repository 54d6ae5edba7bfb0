using System.Collections.Concurrent;

namespace Ingest.Wal.Writing;

/// <summary>Keeps a bounded number of small batches for the next request, so that a request allocates none.</summary>
internal static class RecordBatchPool
{
    private const int CountMax = 512;
    private const int BufferBytesKept = 16 * 1024;

    private static readonly ConcurrentQueue<RecordBatch> Idle = new();
    private static int _count;

    internal static RecordBatch Rent(int bytesHint)
    {
        if (Idle.TryDequeue(out var batch))
        {
            Interlocked.Decrement(ref _count);
        }
        else
        {
            batch = new RecordBatch();
        }
        batch.Rented(bytesHint);
        return batch;
    }

    /// <summary>Drops every idle batch with its buffer.</summary>
    internal static void Trim()
    {
        while (Idle.TryDequeue(out var batch))
        {
            Interlocked.Decrement(ref _count);
            batch.Reset(bytesKept: 0);
        }
    }

    internal static void Return(RecordBatch batch)
    {
        batch.Reset(BufferBytesKept);
        if (Interlocked.Increment(ref _count) <= CountMax)
        {
            Idle.Enqueue(batch);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
