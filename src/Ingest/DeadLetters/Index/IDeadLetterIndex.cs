namespace Ingest.DeadLetters.Index;

/// <summary>
/// What can be asked of the dead letters without reading their log. It holds nothing that the log does not: it begins empty and is filled
/// from the log at every start, so it need not be durable. One caller at a time.
/// </summary>
public interface IDeadLetterIndex : IDisposable
{
    /// <summary>Adds a letter, in the place of the one with the same key. Returns that one; null when there was none.</summary>
    DeadLetter? Put(DeadLetter letter);

    /// <summary>Removes a letter and returns it; null when there is none.</summary>
    DeadLetter? Remove(DeadLetterKey key);

    /// <summary>The letter with this key; null when there is none.</summary>
    DeadLetter? Find(DeadLetterKey key);

    /// <summary>Letters in the order of their keys.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those behind this key; null: from the first.</param>
    /// <param name="limit">At most so many; at least 1.</param>
    IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit);
}
