namespace Ingest.DeadLetters.Projection;

/// <summary>Opens projections of one kind: what <c>Operations:Store</c> names.</summary>
public interface IDeadLetterProjectionFactory
{
    /// <summary>The kind's name, lower case.</summary>
    string Kind { get; }

    /// <summary>
    /// Opens the projection or creates an empty one. Throws any exception if what is there is not a projection of this log, is damaged,
    /// in use, or cannot be created.
    /// </summary>
    /// <param name="directory">The directory of the dead-letter log, absolute; files of the projection lie in it.</param>
    /// <param name="log">Identity of the dead-letter log.</param>
    /// <param name="bytesMax">Bytes its files may take; a write that needs more throws.</param>
    IDeadLetterProjection Open(string directory, Guid log, long bytesMax);

    /// <summary>Deletes the files of a projection, whatever state they are in. Nothing happens where there are none.</summary>
    /// <param name="directory">As for <see cref="Open"/>.</param>
    void Delete(string directory);
}
