using System.Diagnostics;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Accounting;

/// <summary>Attempts by verdict, counted on by every lane of one name since the process started. Any thread.</summary>
internal sealed class AttemptCounts
{
    private static readonly VerdictKind[] Kinds = Enum.GetValues<VerdictKind>();

    private readonly long[] _counts = new long[Kinds.Length];

    /// <summary>Counts an attempt, here and in the metric.</summary>
    /// <param name="lane">The lane's name.</param>
    /// <param name="system">The sink's kind.</param>
    /// <param name="kind">What became of the attempt.</param>
    /// <param name="took">From its start to its verdict.</param>
    /// <param name="instruments">Where durations are recorded.</param>
    internal void Add(string lane, string system, VerdictKind kind, TimeSpan took, Instruments instruments)
    {
        Interlocked.Increment(ref _counts[(int)kind]);
        var verdict = Tag(kind);
        ReadOnlySpan<KeyValuePair<string, object?>> tags =
        [
            new("lane", lane),
            new("verdict", verdict),
            new("messaging.system", system),
            new("messaging.operation.name", DeliverySpan.Operation),
            new("error.type", verdict),
        ];
        instruments.AttemptDuration.TryRecord(took.TotalSeconds, kind == VerdictKind.Delivered ? tags[..^1] : tags);
    }

    /// <summary>The counts at this moment.</summary>
    internal Dictionary<VerdictKind, long> Snapshot() => Kinds.ToDictionary(kind => kind, kind => Interlocked.Read(ref _counts[(int)kind]));

    private static string Tag(VerdictKind kind) => kind switch
    {
        VerdictKind.Delivered => "delivered",
        VerdictKind.Congested => "congested",
        VerdictKind.Retryable => "retryable",
        VerdictKind.Rejected => "rejected",
        VerdictKind.Blocked => "blocked",
        _ => throw new UnreachableException(),
    };
}
