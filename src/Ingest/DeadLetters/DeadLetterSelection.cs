namespace Ingest.DeadLetters;

/// <summary>The letters an operator means: those named, or those a filter matches.</summary>
/// <param name="Keys">Named; null: the filter says.</param>
/// <param name="Filter">Used where none are named.</param>
public sealed record DeadLetterSelection(IReadOnlyList<DeadLetterKey>? Keys, DeadLetterFilter Filter)
{
    /// <summary>Selects the letters with these keys.</summary>
    public static DeadLetterSelection Of(params IReadOnlyList<DeadLetterKey> keys) => new(keys, DeadLetterFilter.All);

    /// <summary>All that match.</summary>
    public static DeadLetterSelection Of(DeadLetterFilter filter) => new(null, filter);
}

/// <summary>What a requeue or a drop did.</summary>
/// <param name="Letters">How many letters it changed; 0 unless all could be.</param>
/// <param name="Ticket">Of a requeue: what to ask for to see how far it is; 0 where there was nothing to do.</param>
/// <param name="Unknown">Named letters there are not; nothing was changed then.</param>
/// <param name="LaneMissing">A lane that has no sink now, or one that takes no letters; nothing was changed then.</param>
public sealed record DeadLetterChange(long Letters, long Ticket, IReadOnlyList<DeadLetterKey> Unknown, string? LaneMissing = null);
