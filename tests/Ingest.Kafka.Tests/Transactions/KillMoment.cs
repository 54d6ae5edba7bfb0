using Ingest.Kafka.Tests.Cluster;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>When a node is killed.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Step">The step of a transaction at which it is; null: at any time after it is ready.</param>
/// <param name="PassesMax">At most so often the step goes by before.</param>
internal sealed record KillMoment(string Name, TransactionStep? Step, int PassesMax)
{
    /// <summary>
    /// Every other time the topic of one stream is forbidden, so that its events are parked: between, they are delivered behind the lane's
    /// position.
    /// </summary>
    internal bool Parks { get; init; }

    /// <summary>All of them, in the order of a session and its transactions.</summary>
    internal static IReadOnlyList<KillMoment> All { get; } =
    [
        new("at any time within 3 s of being ready", null, 0),
        new("the producer is about to be registered", TransactionStep.Init, 0),
        new("the producer is registered, not answered yet", TransactionStep.Initialized, 0),
        new("the progress is read", TransactionStep.ProgressRead, 1),
        new("a partition is added: the transaction begins", TransactionStep.Begin, 20),
        new("records are sent", TransactionStep.Produce, 40),
        new("records are appended, not answered yet", TransactionStep.Produced, 40),
        new("the group is added", TransactionStep.AddOffsets, 5),
        new("the progress is sent", TransactionStep.SendOffsets, 5),
        new("the progress is taken, not answered yet", TransactionStep.OffsetsSent, 5),
        new("the commit is sent", TransactionStep.Commit, 5),
        new("the commit is done, not answered yet", TransactionStep.Committed, 5),
        new("events are parked or tried again, and the progress is taken", TransactionStep.OffsetsSent, 5) { Parks = true },
        new("events are parked or tried again, and the commit is done", TransactionStep.Committed, 5) { Parks = true },
    ];

    /// <summary>One of each kind, for every run of the suite.</summary>
    internal static IReadOnlyList<KillMoment> Short { get; } =
        [.. All.Where(moment => !moment.Parks && moment.Step
            is TransactionStep.Begin or TransactionStep.Produced or TransactionStep.OffsetsSent or TransactionStep.Commit
            or TransactionStep.Committed)];

    /// <summary>Events are parked before the first of them, and delivered at the second one.</summary>
    internal static IReadOnlyList<KillMoment> ShortWithParked { get; } =
        [.. All.Where(moment => moment.Parks).SelectMany(moment => new[] { moment, moment })];
}
