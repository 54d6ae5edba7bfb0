namespace Ingest.Health.Policy;

/// <summary>The policy file as seen from outside.</summary>
/// <param name="Path">Where it is looked for.</param>
/// <param name="Document">What is in force.</param>
/// <param name="AppliedAt">Since when; null: no file was ever there, the defaults are in force.</param>
/// <param name="Changes">How often another policy came into force.</param>
/// <param name="Error">Why the file as it is now was not taken, in one sentence; null when it is in force.</param>
public sealed record PolicyStatus(string Path, PolicyDocument Document, DateTimeOffset? AppliedAt, long Changes, string? Error)
{
    /// <summary>How long it took to read, check and apply it.</summary>
    public TimeSpan SyncTook { get; init; }
}
