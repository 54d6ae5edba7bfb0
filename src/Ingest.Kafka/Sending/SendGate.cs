namespace Ingest.Kafka;

/// <summary>
/// Lets attempts produce one after another, in the order in which they arrived: the order of events with one key rests on it. A place in
/// the
/// line is taken at once; giving up waiting does not move anyone forward before those in front are done.
/// </summary>
internal sealed class SendGate
{
    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;

    /// <summary>Takes the next place in the line.</summary>
    internal Turn Enter()
    {
        var turn = new Turn();
        lock (_lock)
        {
            turn.Before = _last;
            _last = turn.Left;
        }
        return turn;
    }

    /// <summary>A place in the line.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Before { get; set; } = Task.CompletedTask;

        internal Task Left => _left.Task;

        /// <summary>Waits until everybody in front has left.</summary>
        internal Task ComeAsync(CancellationToken cancel) => Before.WaitAsync(cancel);

        /// <summary>Lets the next one in, as soon as everybody in front has left too. Repeatable.</summary>
        internal void Leave()
        {
            if (Before.IsCompleted)
            {
                _left.TrySetResult();
            }
            else
            {
                Before.ContinueWith(
                    static (_, left) => ((TaskCompletionSource)left!).TrySetResult(),
                    _left,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
        }

        public void Dispose() => Leave();
    }
}
