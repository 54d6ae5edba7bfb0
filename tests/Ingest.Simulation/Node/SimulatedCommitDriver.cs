using Ingest.Queue;

namespace Ingest.Simulation.Node;

/// <summary>Runs the turns of a commit loop as pieces of work among all others, some of them late, as on a disk that is slow.</summary>
internal sealed class SimulatedCommitDriver(SimulatedScheduler scheduler, Random random, TimeSpan slowMax) : ICommitDriver
{
    private Func<CommitTurn>? _turn;
    private CommitTurn _last = CommitTurn.Idle;
    private bool _isPosted;

    /// <inheritdoc/>
    public void Start(Func<CommitTurn> turn, Func<bool> hasWork) => _turn = turn;

    /// <inheritdoc/>
    public void Wake()
    {
        if (_isPosted || _last == CommitTurn.Ended)
        {
            return;
        }
        _isPosted = true;
        if (slowMax > TimeSpan.Zero && random.Next(3) == 0)
        {
            scheduler.Clock.After(slowMax * random.NextDouble(), Take);
        }
        else
        {
            scheduler.Post(Take);
        }
    }

    /// <summary>Runs what is left: it has been closed.</summary>
    public void Dispose()
    {
        while (_last != CommitTurn.Ended)
        {
            _last = _turn!();
        }
    }

    private void Take()
    {
        _isPosted = false;
        if (_last == CommitTurn.Ended)
        {
            return;
        }
        _last = _turn!();
        if (_last == CommitTurn.Committed)
        {
            Wake();
        }
    }
}
