namespace Ingest.DeadLetters.Index;

/// <summary>Makes indexes of one kind: what <c>DeadLetters:Index</c> names.</summary>
public interface IDeadLetterIndexFactory
{
    /// <summary>The kind's name, lower case.</summary>
    string Kind { get; }

    /// <summary>Makes an empty index.</summary>
    /// <param name="directory">The directory of the dead letters' log, absolute; files of the index may lie in it.</param>
    IDeadLetterIndex Create(string directory);
}
