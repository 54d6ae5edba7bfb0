namespace Ingest.DeadLetters.Projection;

/// <summary>
/// A copy of the unresolved letters that answers questions over many of them. It is written behind by one thread and holds nothing that
/// the dead-letter log does not, so it may be deleted at any time. Any thread asks; a question does not wait while a write is under way.
/// </summary>
/// <remarks>
/// Any method may throw any exception. The writer then closes the projection, deletes it and fills another one from the log; until that is
/// done, questions are answered by a walk over the letters in memory.
/// </remarks>
public interface IDeadLetterProjection : IDisposable
{
    /// <summary>Position in the dead-letter log up to which every record is in the projection; 0 if it is empty.</summary>
    long Position { get; }

    /// <summary>Letters it holds, and the bytes they take in the dead-letter log.</summary>
    (long Letters, long Bytes) Totals { get; }

    /// <summary>Bytes of its files.</summary>
    long Bytes { get; }

    /// <summary>Writes changes as a whole or not at all.</summary>
    /// <param name="edits">The letters as they are now, in ascending order of their keys, each once.</param>
    /// <param name="position">The new <see cref="Position"/>.</param>
    void Write(IReadOnlyList<DeadLetterEdit> edits, long position);

    /// <summary>
    /// Keys of letters that may match, in ascending order: every letter that matches is among them, and nearly every one among them
    /// matches. Null if it cannot say, because a write is under way or a walk in memory is quicker.
    /// </summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those behind this key; null: from the first.</param>
    /// <param name="limit">At most so many; at least 1. With fewer there are no more.</param>
    IReadOnlyList<DeadLetterKey>? Keys(DeadLetterFilter filter, DeadLetterKey? after, int limit);

    /// <summary>
    /// Letters that match, counted by lane, stream, class of the reason and state; a combination may come more than once. Null if it cannot
    /// say exactly, or a write is under way.
    /// </summary>
    /// <param name="filter">Which.</param>
    IReadOnlyList<DeadLetterGroup>? Groups(DeadLetterFilter filter);
}

/// <summary>A letter that changed.</summary>
/// <param name="Key">Which.</param>
/// <param name="Letter">As it is now; null: it is resolved.</param>
public readonly record struct DeadLetterEdit(DeadLetterKey Key, DeadLetter? Letter);
