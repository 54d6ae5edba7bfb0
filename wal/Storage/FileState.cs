namespace Ingest.Wal.Storage;

/// <summary>What a file system says of an open file.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="HasName">False once it was deleted: what is written to it is lost. True where that cannot be known.</param>
public readonly record struct FileState(long Length, bool HasName);
