using Ingest.DeadLetters.Projection;

namespace Ingest.Operations.Letters;

/// <summary>Groups of dead letters, the largest first.</summary>
/// <param name="Groups">These.</param>
/// <param name="GroupsTotal">Groups there are, whatever the limit.</param>
/// <param name="LettersTotal">Letters in all of them.</param>
public sealed record DeadLetterGroupPage(IReadOnlyList<DeadLetterGroupItem> Groups, int GroupsTotal, long LettersTotal);

/// <summary>Letters that have something in common. What they were not grouped by is left out.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Reason">What stands before the first colon of the reason, at most 40 characters; else <c>other</c>.</param>
/// <param name="State"><c>dead</c> or <c>requeued</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their bytes in the dead-letter log.</param>
public sealed record DeadLetterGroupItem(string? Lane, string? Stream, string? Reason, string? State, long Count, long Bytes)
{
    internal static DeadLetterGroupItem Of(DeadLetterGroup group) => new(
        group.Lane,
        group.Stream,
        group.Reason,
        group.Requeued switch { null => null, true => "requeued", false => "dead" },
        group.Count,
        group.Bytes);
}
