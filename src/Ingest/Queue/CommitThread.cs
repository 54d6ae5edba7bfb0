namespace Ingest.Queue;

/// <summary>A thread of its own for a commit loop. It sleeps while nothing waits.</summary>
internal sealed class CommitThread : ICommitDriver
{
    // How often requests that are ready to run are let past before a group is closed. A switch of threads, not a wait: with none ready it
    // takes a microsecond. More changes nothing, none makes groups a third smaller (docs/decisions/0013-request-threads.md).
    private const int GatherYields = 4;

    private readonly IdleSignal _parking = new();
    private Thread? _thread;

    /// <inheritdoc/>
    public void Start(Func<CommitTurn> turn, Func<bool> hasWork)
    {
        _thread = new Thread(() => Run(turn, hasWork)) { Name = "ingest-commit", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Wake() => _parking.Wake();

    /// <summary>Waits for the last turn.</summary>
    public void Dispose()
    {
        _thread?.Join();
        _parking.Dispose();
    }

    private void Run(Func<CommitTurn> turn, Func<bool> hasWork)
    {
        var last = CommitTurn.Committed;
        while (last != CommitTurn.Ended)
        {
            if (last == CommitTurn.Idle)
            {
                _parking.Park(hasWork);
            }
            else
            {
                for (var i = 0; i < GatherYields; i++)
                {
                    Thread.Yield();
                }
            }
            last = turn();
        }
    }
}
