namespace Ingest.DeadLetters.Projection;

/// <summary>
/// A copy of the unresolved letters that answers questions over many of them. It is written behind by one thread and holds nothing that
/// the dead-letter log does not, so it may be deleted at any time. Implementations bring their own lock: any thread asks.
/// </summary>
/// <remarks>
/// Any method may throw any exception. The writer then closes the projection, deletes it and fills another one from the log; until that is
/// done, questions are answered by a walk over the letters in memory.
/// </remarks>
public interface IDeadLetterProjection : IDisposable
{
    /// <summary>Position in the dead-letter log up to which every record is in the projection; 0 if it is empty.</summary>
    long Position { get; }

    /// <summary>Letters it holds.</summary>
    long Count { get; }

    /// <summary>Bytes of its files.</summary>
    long Bytes { get; }

    /// <summary>Writes changes as a whole or not at all.</summary>
    /// <param name="edits">The letters as they are now.</param>
    /// <param name="position">The new <see cref="Position"/>.</param>
    void Write(IReadOnlyList<DeadLetterEdit> edits, long position);

    /// <summary>
    /// Keys of letters that may match, in ascending order: all that match <paramref name="filter"/> by lane, stream and state, whatever
    /// else it asks for. Null if the answer would cost more than a walk in memory.
    /// </summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those behind this key; null: from the first.</param>
    /// <param name="limit">At most so many; at least 1.</param>
    IReadOnlyList<DeadLetterKey>? Keys(DeadLetterFilter filter, DeadLetterKey? after, int limit);

    /// <summary>Counts by lane, stream, class of the reason and state: one entry for each combination that has letters.</summary>
    IReadOnlyList<DeadLetterGroup> Groups();
}

/// <summary>A letter that changed.</summary>
/// <param name="Key">Which.</param>
/// <param name="Letter">As it is now; null: it is resolved.</param>
public readonly record struct DeadLetterEdit(DeadLetterKey Key, DeadLetter? Letter);
