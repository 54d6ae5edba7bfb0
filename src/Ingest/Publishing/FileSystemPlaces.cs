using Ingest.Wal;
using Ingest.Wal.Storage;

namespace Ingest.Publishing;

/// <summary>Places in the file system.</summary>
internal class FileSystemPlaces : ILogPlaces
{
    /// <summary>The one of this process.</summary>
    internal static FileSystemPlaces Instance { get; } = new();

    /// <inheritdoc/>
    public bool Exists(string directory) => Directory.Exists(directory);

    /// <inheritdoc/>
    public string? ReadText(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    /// <inheritdoc/>
    public void DeleteFile(string path) => File.Delete(path);

    /// <inheritdoc/>
    public void Move(string directory, string to) => Directory.Move(directory, to);

    /// <inheritdoc/>
    public void Delete(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <inheritdoc/>
    public virtual IWalDirectory Open(string directory) => WalDirectory.Open(directory);

    /// <inheritdoc/>
    public WriteAheadLog OpenLog(IWalDirectory directory, WalOptions options) => WriteAheadLog.Open(directory, options);
}
