using Ingest.Wal;
using Ingest.Wal.Storage;

namespace Ingest.Publishing;

/// <summary>
/// The disk under the logs that stand beside the node's, of dead letters and of parked events: the seam between them and the file system.
/// <see cref="FileSystemPlaces"/> is the real one. Any thread.
/// </summary>
/// <remarks>What fails is an <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/>.</remarks>
internal interface ILogPlaces
{
    /// <summary>Whether a log was ever opened here.</summary>
    bool Exists(string directory);

    /// <summary>The text of a file; null when there is none.</summary>
    string? ReadText(string path);

    /// <summary>Deletes a file.</summary>
    void DeleteFile(string path);

    /// <summary>Renames a directory that no log is open in.</summary>
    void Move(string directory, string to);

    /// <summary>Deletes a directory that no log is open in, with all that is in it; one that is missing is deleted already.</summary>
    void Delete(string directory);

    /// <summary>Opens a directory for one log, or makes it.</summary>
    /// <exception cref="StorageException">In use, not permitted, full or failing.</exception>
    IWalDirectory Open(string directory);

    /// <summary>Opens the log in a directory, or makes it. The directory is the log's from here on, also when opening fails.</summary>
    /// <exception cref="StorageException">The directory is full or failing.</exception>
    WriteAheadLog OpenLog(IWalDirectory directory, WalOptions options);
}
