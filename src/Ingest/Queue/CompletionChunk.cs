using System.Collections.Concurrent;

namespace Ingest.Queue;

/// <summary>
/// Resumes a few requests, one after another, on one thread pool thread: the commit thread pays one hand-over for many waiters and never
/// runs their code.
/// </summary>
internal sealed class CompletionChunk : IThreadPoolWorkItem
{
    /// <summary>Most requests per chunk: enough to share the hand-over, few enough that a slow one delays only a handful.</summary>
    internal const int Size = 16;

    // A group is spread over twice as many chunks as there are processors: answering a large batch takes as long as a hand-over.
    private static readonly int Spread = 2 * Environment.ProcessorCount;

    private const int PooledMax = 256;

    private static readonly ConcurrentQueue<CompletionChunk> Pool = new();

    private readonly PendingCommit[] _pending = new PendingCommit[Size];
    private int _count;

    /// <summary>Hands all of <paramref name="completed"/> over to the thread pool.</summary>
    internal static void Dispatch(List<PendingCommit> completed)
    {
        var size = Math.Clamp(completed.Count / Spread, 1, Size);
        for (var start = 0; start < completed.Count; start += size)
        {
            var chunk = Pool.TryDequeue(out var pooled) ? pooled : new CompletionChunk();
            chunk._count = Math.Min(size, completed.Count - start);
            completed.CopyTo(start, chunk._pending, 0, chunk._count);
            ThreadPool.UnsafeQueueUserWorkItem(chunk, preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public void Execute()
    {
        for (var i = 0; i < _count; i++)
        {
            var pending = _pending[i];
            _pending[i] = null!;
            pending.Complete();
        }
        if (Pool.Count < PooledMax)
        {
            Pool.Enqueue(this);
        }
    }
}
