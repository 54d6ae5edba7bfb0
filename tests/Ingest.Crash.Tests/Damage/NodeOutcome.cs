namespace Ingest.Crash.Tests.Damage;

/// <summary>What came of a copy of a stopped node.</summary>
/// <param name="IsUp">It started.</param>
/// <param name="Lines">What the file sink delivered, by it and before.</param>
/// <param name="Letters">Its dead letters' numbers.</param>
/// <param name="Policy">The policy in force.</param>
/// <param name="Output">What it printed.</param>
internal sealed record NodeOutcome(bool IsUp, string[] Lines, string Letters, string Policy, string Output)
{
    /// <summary>Whether the node does and has what the undamaged one does and has.</summary>
    internal bool IsAs(NodeOutcome other) =>
        IsUp && Lines.SequenceEqual(other.Lines) && Letters == other.Letters && Policy == other.Policy;
}
