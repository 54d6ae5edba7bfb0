namespace Ingest.Intake.Keys;

/// <summary>A sender of events, as far as the node knows it.</summary>
/// <param name="Name">The name its key has in the configuration; empty for one without a key.</param>
/// <param name="Streams">The streams it may send to; null for all.</param>
/// <param name="Quota">What it may send; null for as much as it likes.</param>
internal sealed record Producer(string Name, IReadOnlySet<string>? Streams = null, Quota? Quota = null)
{
    /// <summary>One without a key, where those are let in.</summary>
    internal static readonly Producer Anonymous = new("");

    /// <summary>What the operator's policy calls it; null for one without a key.</summary>
    internal string? PolicyName { get; } = Name.Length > 0 ? Name : null;

    internal bool MaySendTo(string stream) => Streams is null || Streams.Contains(stream);
}
