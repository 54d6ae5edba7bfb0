namespace Ingest.Health;

/// <summary>How the commit loop is doing.</summary>
/// <param name="Waiting">What waits for a commit or is in one: batches. Zero: nothing to do, so nothing can stall.</param>
/// <param name="Done">A count that grows with every commit, in the same unit where that is possible.</param>
public readonly record struct CommitHeartbeat(long Waiting, long Done);

/// <summary>Tells a commit loop that stands still from one that has nothing to do, as a decider.</summary>
internal sealed class CommitWatch(TimeSpan stallMax)
{
    private long _done = -1;
    private TimeSpan _moved;

    /// <summary>How long work has waited without progress; zero while it moves or nothing waits.</summary>
    internal TimeSpan Still { get; private set; }

    /// <summary>Takes a beat; true when the loop counts as stalled.</summary>
    /// <param name="now">Monotonic.</param>
    /// <param name="beat">The beat.</param>
    internal bool Observe(TimeSpan now, CommitHeartbeat beat)
    {
        if (beat.Waiting == 0 || beat.Done != _done)
        {
            (_done, _moved) = (beat.Done, now);
        }
        Still = now - _moved;
        return Still > stallMax;
    }
}
