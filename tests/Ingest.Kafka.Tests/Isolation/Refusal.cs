namespace Ingest.Kafka.Tests.Isolation;

/// <summary>What a refusal is about.</summary>
internal enum Bad
{
    Stream,
    Key,
    Event,
}

/// <summary>A row of the table: which sink's receiver refuses what, and how.</summary>
/// <param name="Sink"><c>http</c>, <c>kafka</c> or <c>file</c>.</param>
/// <param name="What">One stream, key or event of several.</param>
/// <param name="How">The way, as the receiver knows it.</param>
/// <param name="Code">The status or error code, where there is one.</param>
internal sealed record Refusal(string Sink, Bad What, string How, short Code = 0)
{
    /// <summary>Final refusals: their events are dead letters and do not come back by themselves.</summary>
    internal bool IsFinal { get; init; }

    /// <summary>True if it is not refused, only late.</summary>
    internal bool IsSlow => How == "slow";

    internal static IReadOnlyList<Refusal> All =>
    [
        .. Enum.GetValues<Bad>().SelectMany(OverHttp),
        new("kafka", Bad.Stream, "unknown topic", 3),
        new("kafka", Bad.Stream, "not authorized", 29),
        new("kafka", Bad.Stream, "too few replicas", 19),
        new("kafka", Bad.Stream, "times out", 7),
        new("kafka", Bad.Stream, "its disk fails", 56),
        new("kafka", Bad.Stream, "invalid topic", 17) { IsFinal = true },
        new("kafka", Bad.Key, "times out", 7),
        new("kafka", Bad.Key, "too few replicas", 19),
        new("kafka", Bad.Event, "too large", 10) { IsFinal = true },
        new("kafka", Bad.Event, "invalid record", 87) { IsFinal = true },
        new("kafka", Bad.Event, "times out", 7),
        new("file", Bad.Stream, "a file is in the folder's place"),
    ];

    /// <summary>Few that stand for the others.</summary>
    internal static IReadOnlyList<Refusal> Short =>
    [
        new("http", Bad.Stream, "404", 404),
        new("http", Bad.Event, "500", 500),
        new("http", Bad.Key, "no answer"),
        new("kafka", Bad.Stream, "unknown topic", 3),
        new("file", Bad.Stream, "a file is in the folder's place"),
    ];

    private static IEnumerable<Refusal> OverHttp(Bad what) =>
    [
        new("http", what, "500", 500),
        new("http", what, "503, Retry-After: 5", 503),
        new("http", what, "429", 429),
        new("http", what, "403", 403),
        new("http", what, "404", 404),
        new("http", what, "499", 499),
        new("http", what, "413", 413) { IsFinal = true },
        new("http", what, "no answer"),
        new("http", what, "reset"),
        new("http", what, "slow"),
    ];
}
