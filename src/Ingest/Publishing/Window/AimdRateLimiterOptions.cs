namespace Ingest.Publishing.Window;

/// <summary>Settings of an <see cref="AimdRateLimiter"/>.</summary>
public sealed record AimdRateLimiterOptions
{
    /// <summary>The window's constants.</summary>
    public AimdOptions Window { get; init; } = new();

    /// <summary>Most callers that wait for a permit; more are refused. Default 0: nobody waits.</summary>
    public int QueueLimit { get; init; }

    /// <summary>
    /// What a lease says that was disposed without a report. Default <see cref="AimdOutcome.Ignored"/>, so that a cancellation is not
    /// taken for a success; <see cref="AimdOutcome.Succeeded"/> for callers that only know how to dispose, at that price.
    /// </summary>
    public AimdOutcome Unreported { get; init; } = AimdOutcome.Ignored;
}
