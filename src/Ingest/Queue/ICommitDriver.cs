namespace Ingest.Queue;

/// <summary>
/// Runs the turns of a <see cref="CommitLoop"/>, one at a time: the seam between committing and the thread it is done on. In a node that is
/// <see cref="CommitThread"/>; the simulation runs turns when its seed says so (docs/decisions/0130-simulated-node.md).
/// </summary>
internal interface ICommitDriver : IDisposable
{
    /// <summary>
    /// Begins; once. <paramref name="turn"/> is called until it says that it has ended, and never from inside this call.
    /// </summary>
    /// <param name="turn">One turn; throws nothing.</param>
    /// <param name="hasWork">Whether a turn would find something to do. Cheap.</param>
    void Start(Func<CommitTurn> turn, Func<bool> hasWork);

    /// <summary>Says that there may be work, after making it visible. Any thread.</summary>
    void Wake();
}

/// <summary>What a turn of a commit loop came to.</summary>
internal enum CommitTurn
{
    /// <summary>A group was committed or refused; the next turn may follow at once.</summary>
    Committed,

    /// <summary>Nothing waits.</summary>
    Idle,

    /// <summary>Closed or failed, and all that waited is answered.</summary>
    Ended,
}
