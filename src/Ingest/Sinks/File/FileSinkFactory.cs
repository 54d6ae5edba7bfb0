using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>Makes sinks of kind <c>file</c>.</summary>
public sealed class FileSinkFactory : ISinkFactory
{
    // What the sink itself names begins with a dot, and no stream's name does: they never meet. Earlier builds named it "lock".
    private const string LockFile = ".lock";
    private const string FormerLockFile = "lock";

    /// <inheritdoc/>
    public string Kind => "file";

    /// <inheritdoc/>
    public Type OptionsType => typeof(FileSinkOptions);

    /// <inheritdoc/>
    public ISink Create(SinkSetup setup)
    {
        var options = SinkSettings.Bind<FileSinkOptions>(setup.Settings);
        var path = options.Directory.Length == 0 ? "out" : options.Directory;
        var full = Path.GetFullPath(path, setup.DataDirectory);
        return new FileSink(setup, options, () => OpenOutput(full));
    }

    /// <summary>Opens an output directory, and takes it over from an earlier build.</summary>
    /// <exception cref="StorageException">In use, not permitted, read-only, full.</exception>
    internal static IWalDirectory OpenOutput(string path) => WalDirectory.Open(path, LockFile, FormerLockFile);
}
