using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using Ingest.Queue.Totals;
using Ingest.Wal.Writing;

namespace Ingest.Queue;

/// <summary>A batch that waits for its commit, and the pooled task its request awaits.</summary>
/// <remarks>
/// The request awaits exactly once; <see cref="GetResult"/> gives the object back to the pool. The commit loop touches it for the last
/// time in <see cref="Complete"/>. Nothing cancels a queued batch, so the two never overlap.
/// </remarks>
internal sealed class PendingCommit : IValueTaskSource<CommitReceipt>
{
    private const int PooledMax = 4096;

    private static readonly ConcurrentQueue<PendingCommit> Pool = new();
    private static int _pooled;

    // False: continuations run where Complete is called, which is a thread pool thread (CompletionChunk), never the commit thread.
    private ManualResetValueTaskSourceCore<CommitReceipt> _core = new() { RunContinuationsAsynchronously = false };
    private CommitReceipt _receipt;

    internal RecordBatch Batch { get; private set; } = null!;

    internal string Stream { get; private set; } = "";

    /// <summary>
    /// What belongs to which stream, where the batch has records of several; else null, and all is <see cref="Stream"/>'s.
    /// </summary>
    internal StreamShare[]? Shares { get; private set; }

    internal int Bytes { get; private set; }

    internal int Events { get; private set; }

    internal static PendingCommit Rent(RecordBatch batch, string stream, StreamShare[]? shares = null)
    {
        if (Pool.TryDequeue(out var pending))
        {
            Interlocked.Decrement(ref _pooled);
        }
        else
        {
            pending = new PendingCommit();
        }
        pending.Batch = batch;
        pending.Stream = stream;
        pending.Shares = shares;
        pending.Bytes = batch.Bytes;
        pending.Events = batch.Count;
        return pending;
    }

    internal ValueTask<CommitReceipt> AsTask() => new(this, _core.Version);

    /// <summary>Commit loop: the frames are copied, their buffer can serve the next request.</summary>
    internal void ReleaseBatch()
    {
        Batch.Dispose();
        Batch = null!;
    }

    /// <summary>Commit loop: what the request will be told by <see cref="Complete"/>.</summary>
    internal void Decide(CommitReceipt receipt) => _receipt = receipt;

    /// <summary>Runs the request's continuation on the calling thread.</summary>
    internal void Complete() => _core.SetResult(_receipt);

    /// <summary>Takes an object that was never queued back.</summary>
    internal void Discard()
    {
        ReleaseBatch();
        Return();
    }

    /// <inheritdoc/>
    public CommitReceipt GetResult(short token)
    {
        var receipt = _core.GetResult(token);
        Return();
        return receipt;
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Return()
    {
        _core.Reset();
        (Stream, Shares) = ("", null);
        if (Interlocked.Increment(ref _pooled) <= PooledMax)
        {
            Pool.Enqueue(this);
        }
        else
        {
            Interlocked.Decrement(ref _pooled);
        }
    }
}
