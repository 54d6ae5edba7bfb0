namespace Ingest.Operations.History;

/// <summary>How the seconds of a longer step become one value.</summary>
internal enum HistoryFold
{
    /// <summary>Mean of the samples: for speeds.</summary>
    Mean,

    /// <summary>The largest: what must not be missed.</summary>
    Max,

    /// <summary>The latest: what only changes slowly.</summary>
    Last,
}

/// <summary>A row of the history.</summary>
/// <param name="Name">Its name in the document, unit included where it is not a count.</param>
/// <param name="Fold">How seconds are put together.</param>
internal sealed record HistorySeries(string Name, HistoryFold Fold)
{
    /// <summary>Rows of the node, in the order in which <see cref="HistorySample"/> fills them.</summary>
    internal static IReadOnlyList<HistorySeries> OfNode { get; } =
    [
        new("events_accepted_per_second", HistoryFold.Mean),
        new("requests_accepted_per_second", HistoryFold.Mean),
        new("requests_4xx_per_second", HistoryFold.Mean),
        new("requests_429_per_second", HistoryFold.Mean),
        new("requests_503_per_second", HistoryFold.Mean),
        new("requests_other_per_second", HistoryFold.Mean),
        new("answer_p50_seconds", HistoryFold.Mean),
        new("answer_p99_seconds", HistoryFold.Max),
        new("flush_p50_seconds", HistoryFold.Mean),
        new("flush_p99_seconds", HistoryFold.Max),
        new("backlog_events", HistoryFold.Max),
        new("backlog_age_seconds", HistoryFold.Max),
        new("log_bytes", HistoryFold.Last),
        new("queue_bytes", HistoryFold.Max),
        new("memory_ratio", HistoryFold.Max),
        new("memory_bytes", HistoryFold.Max),
        new("disk_free_bytes", HistoryFold.Last),
    ];

    /// <summary>Rows of a lane, in that order too.</summary>
    internal static IReadOnlyList<HistorySeries> OfLane { get; } =
    [
        new("pending_events", HistoryFold.Max),
        new("lag_seconds", HistoryFold.Max),
        new("delivered_per_second", HistoryFold.Mean),
        new("window_batches", HistoryFold.Last),
        new("in_flight_batches", HistoryFold.Mean),
        new("round_trip_seconds", HistoryFold.Mean),
        new("breaker", HistoryFold.Max),
    ];
}
