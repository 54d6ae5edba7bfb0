namespace Ingest.Health;

/// <summary>A reason not to accept events, with text for people.</summary>
/// <param name="Code">The reason.</param>
/// <param name="Detail">One sentence: what is wrong and what ends it.</param>
public sealed record Refusal(RefusalCode Code, string Detail);
