namespace Ingest.DeadLetters.Projection;

/// <summary>The projection at one moment.</summary>
/// <param name="Kind">What <c>Operations:Store</c> names.</param>
/// <param name="IsLevel">Whether it holds everything the dead-letter log says: else questions are answered from memory.</param>
/// <param name="Bytes">Bytes of its files.</param>
/// <param name="Failures">How often it was put aside since the start, to be filled again.</param>
/// <param name="Failure">Why it is not there now; null while it is.</param>
public sealed record ProjectionStatus(string Kind, bool IsLevel, long Bytes, long Failures, string? Failure);
