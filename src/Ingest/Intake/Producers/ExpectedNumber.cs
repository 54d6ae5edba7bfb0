namespace Ingest.Intake.Producers;

/// <summary>The number that a producer's next event has, where a request has another one.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Next">The number in it.</param>
internal sealed record ExpectedNumber(long Epoch, long Next);
