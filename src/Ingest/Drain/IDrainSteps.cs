namespace Ingest.Drain;

/// <summary>
/// What a drain moves. Called by one drain at a time, in the order of the sequence; the undoing steps in the reverse order. Every step may
/// be repeated. A step that throws is reported and the drain goes on: it must come to its end.
/// </summary>
public interface IDrainSteps
{
    /// <summary>Requests that intake let in and has not answered. Any thread.</summary>
    int RequestsInFlight { get; }

    /// <summary>What is still to be delivered. Any thread.</summary>
    DrainBacklog Backlog { get; }

    /// <summary>Readiness goes off; intake accepts.</summary>
    void Announce();

    /// <summary>Intake refuses.</summary>
    void Refuse();

    /// <summary>Closes the queue, commits the last group, answers its waiters.</summary>
    Task CommitAsync();

    /// <summary>Lanes deliver without sleeping out any backoff.</summary>
    void Hurry();

    /// <summary>Stops the lanes and saves cursors and the clean-shutdown mark.</summary>
    Task SaveAsync();

    /// <summary>Undoes <see cref="SaveAsync"/> and <see cref="Hurry"/>: lanes run at their own pace.</summary>
    Task ResumeDeliveryAsync();

    /// <summary>Undoes <see cref="CommitAsync"/>.</summary>
    Task ReopenQueueAsync();

    /// <summary>Undoes <see cref="Refuse"/>.</summary>
    void Accept();

    /// <summary>Undoes <see cref="Announce"/>.</summary>
    void Withdraw();

    /// <summary>Everything is saved: ends the process.</summary>
    void Exit();
}
