namespace Ingest.DeadLetters.Index;

/// <summary>Makes indexes in memory.</summary>
public sealed class MemoryIndexFactory : IDeadLetterIndexFactory
{
    /// <inheritdoc/>
    public string Kind => "memory";

    /// <inheritdoc/>
    public IDeadLetterIndex Create(string directory) => new MemoryIndex();
}
