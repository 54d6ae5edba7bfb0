namespace Ingest.Wal.Storage;

/// <summary>A file operation failed. <see cref="Kind"/> says what the caller can do about it.</summary>
public sealed class StorageException(StorageFailure kind, string message, int errorNumber = 0, Exception? inner = null)
    : IOException(message, inner)
{
    /// <summary>What kind of failure it was.</summary>
    public StorageFailure Kind { get; } = kind;

    /// <summary>The operating system's error number, 0 where there was none.</summary>
    public int ErrorNumber { get; } = errorNumber;
}
