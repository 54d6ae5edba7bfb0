using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>What the lane is told of an attempt's events. Pure.</summary>
internal static class AttemptVerdicts
{
    private const string BehindTopicReason = "Its topic refused events before; one of them is tried first.";
    private const string ProducerDiedReason = "The producer died before it took the event; a new one does.";
    private const string BatchRefusedReason = "The broker refused the batch this event travelled in; it is sent again on its own. ";

    /// <summary>An earlier event of its key is owed.</summary>
    internal static readonly SinkVerdict Held = new(
        VerdictKind.Retryable, "An earlier event with the same key has to be delivered first.", Scope: VerdictScope.NotTried);

    private static readonly SinkVerdict Unanswered = new(VerdictKind.Retryable, "no answer within the attempt");

    /// <summary>The verdict on one event.</summary>
    /// <param name="entry">The event.</param>
    /// <param name="attempt">Its attempt, which is over.</param>
    /// <param name="topics">Topics that made trouble.</param>
    internal static SinkVerdict On(LedgerEntry entry, Attempt attempt, TroubledTopics topics) => entry.State switch
    {
        EntryState.Settled when entry.IsFinal => VerdictTable.For(entry.Code, entry.Detail),
        EntryState.Settled when VerdictTable.BlamesEvent(entry.Code) =>
            new SinkVerdict(VerdictKind.Retryable, BatchRefusedReason + VerdictTable.Reason(entry.Code), Scope: VerdictScope.NotTried),
        EntryState.Settled => VerdictTable.For(entry.Code, entry.Detail),
        EntryState.Sent => attempt.Interruption ?? Unanswered,
        // Refused as the one that was tried, or the lane would wait for them instead of trying other streams.
        EntryState.BehindTopic => topics.VerdictBehind(entry.Topic!)
            ?? new SinkVerdict(VerdictKind.Retryable, BehindTopicReason, Scope: VerdictScope.NotTried),
        EntryState.Held => Held,
        _ => attempt.Interruption ?? new SinkVerdict(VerdictKind.Retryable, ProducerDiedReason, Scope: VerdictScope.NotTried),
    };

    /// <summary>The verdict on the whole attempt. A rejected event says nothing about the other side's health.</summary>
    internal static SinkVerdict Summary(SinkVerdict[] verdicts) =>
        verdicts.Where(verdict => verdict.Kind != VerdictKind.Rejected).DefaultIfEmpty(SinkVerdict.Delivered)
            .MaxBy(verdict => verdict.Kind);
}
