using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>Makes sinks of kind <c>file</c>.</summary>
public sealed class FileSinkFactory : ISinkFactory
{
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
        return new FileSink(setup, options, () => WalDirectory.Open(full));
    }
}
