namespace Ingest.Intake.Idempotency;

/// <summary>The answer to a request that may be repeated.</summary>
/// <param name="Mark">Which request it was.</param>
/// <param name="First">The first sequence number.</param>
/// <param name="Count">How many events.</param>
/// <param name="Accepted">When: a timestamp of the clock.</param>
internal readonly record struct RememberedAnswer(RequestMark Mark, long First, int Count, long Accepted);
