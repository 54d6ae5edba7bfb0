using Ingest.Health.Policy;

namespace Ingest.Operations.Status;

/// <summary>The operator's policy in short; the whole of it is at <c>/policy</c>.</summary>
/// <param name="Path">Where its file is looked for.</param>
/// <param name="Enabled">Whether the node accepts events.</param>
/// <param name="RateLimit">Events a second of the whole node; null: no limit.</param>
/// <param name="CircuitBreakerThreshold">Share of failed attempts at which breakers open; null: as configured.</param>
/// <param name="Streams">Streams with a rule of their own.</param>
/// <param name="Keys">Keys with a rule of their own.</param>
/// <param name="AppliedAt">Since when it has been in force, wall time; null: nothing was ever written, the defaults are.</param>
/// <param name="Changes">How often another policy came into force since the start.</param>
/// <param name="SyncMs">How long it took to read, check and apply the last one, in milliseconds.</param>
/// <param name="Error">Why the file as it is now was not taken, in one sentence; null when it is in force.</param>
public sealed record PolicyView(
    string Path,
    bool Enabled,
    double? RateLimit,
    double? CircuitBreakerThreshold,
    int Streams,
    int Keys,
    DateTimeOffset? AppliedAt,
    long Changes,
    double SyncMs,
    string? Error)
{
    internal static PolicyView Of(PolicyStatus status)
    {
        var document = status.Document;
        return new PolicyView(
            status.Path,
            document.Enabled,
            document.RateLimit,
            document.CircuitBreakerThreshold,
            document.Streams.Count,
            document.Keys.Count,
            status.AppliedAt,
            status.Changes,
            Math.Round(status.SyncTook.TotalMilliseconds, 3),
            status.Error);
    }
}
