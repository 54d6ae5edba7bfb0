using System.Collections.Concurrent;

namespace Ingest.Kafka;

/// <summary>
/// The thread on which all calls of transactions are made, for they block, and what is asked of it, in order. Any thread may ask.
/// </summary>
internal sealed class TransactionWorker : IDisposable
{
    private readonly ConcurrentQueue<Action> _asked = new();
    private readonly ConcurrentQueue<Handover> _batches = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Action _deliver;
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="lane">The lane's name.</param>
    /// <param name="deliver">Delivers what waits, or the first of it.</param>
    internal TransactionWorker(string lane, Action deliver)
    {
        _deliver = deliver;
        _thread = new Thread(Run) { Name = $"transactions {lane}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends what would be repeated for long.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Batches wait.</summary>
    internal bool HasBatch => !_batches.IsEmpty;

    /// <summary>Asks for a batch to be delivered.</summary>
    internal void Add(Handover batch)
    {
        _batches.Enqueue(batch);
        _signal.Release();
    }

    /// <summary>Does something between two batches. Ends in cancellation when the worker closes before.</summary>
    internal Task<T> DoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Enqueue(() =>
        {
            try
            {
                done.TrySetResult(work());
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        });
        _signal.Release();
        return done.Task.WaitAsync(_closing.Token);
    }

    /// <summary>The next batch that waits; false when there is none. On the thread only.</summary>
    internal bool TryPeek(out Handover batch) => _batches.TryPeek(out batch!);

    /// <summary>Takes the batch that was looked at. On the thread only.</summary>
    internal void Take() => _batches.TryDequeue(out _);

    /// <summary>Ends the thread, after <paramref name="last"/>. False when it does not end in time.</summary>
    internal bool End(Action last, TimeSpan timeout)
    {
        _asked.Enqueue(last);
        _closing.Cancel();
        _signal.Release();
        return _thread.Join(timeout);
    }

    public void Dispose()
    {
        _signal.Dispose();
        _closing.Dispose();
    }

    private void Run()
    {
        while (!_closing.IsCancellationRequested)
        {
            _signal.Wait();
            RunAsked();
            while (!_closing.IsCancellationRequested && !_batches.IsEmpty)
            {
                _deliver();
                RunAsked();
            }
        }
        RunAsked();
    }

    private void RunAsked()
    {
        while (_asked.TryDequeue(out var work))
        {
            work();
        }
    }
}
