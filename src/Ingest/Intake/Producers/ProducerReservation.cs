using Ingest.Queue;

namespace Ingest.Intake.Producers;

/// <summary>Numbers that were given to a request which is not stored yet. One thread at a time.</summary>
/// <param name="entry">The producer.</param>
/// <param name="mark">The numbers' beginning.</param>
/// <param name="count">How many.</param>
internal sealed class ProducerReservation(ProducerEntry entry, ProducerMark mark, int count)
{
    private readonly TaskCompletionSource<CommitStatus> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ProducerEntry Entry => entry;

    internal ProducerMark Mark => mark;

    internal int Count => count;

    /// <summary>What has to be settled before these events are handed to the queue; null where nothing has.</summary>
    internal Task<CommitStatus>? Before { get; init; }

    /// <summary>Whether that has to be durable, too: it is of the same epoch.</summary>
    internal bool NeedsBefore { get; init; }

    /// <summary>The run of reservations without a failure that it belongs to.</summary>
    internal int Run { get; init; }

    /// <summary>The save of the table that has to wait for it.</summary>
    internal int Generation { get; init; }

    /// <summary>Ends when its events are durable or refused.</summary>
    internal Task<CommitStatus> Settled => _settled.Task;

    internal void Settle(CommitStatus status) => _settled.TrySetResult(status);
}
