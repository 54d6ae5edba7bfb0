using Ingest.DeadLetters.Projection;

namespace Ingest.LiteDb;

/// <summary>Opens projections of kind <c>litedb</c>: two files beside the dead-letter log, mode 0640.</summary>
public sealed class LiteDbProjectionFactory : IDeadLetterProjectionFactory
{
    private const string DataFile = "projection.litedb";
    private const string LogFile = "projection-log.litedb";

    // What versions before this one kept.
    private static readonly string[] OldFiles = ["index.litedb", "index-log.litedb"];

    /// <inheritdoc/>
    public string Kind => "litedb";

    /// <inheritdoc/>
    public IDeadLetterProjection Open(string directory, Guid log, long bytesMax)
    {
        var data = OpenFile(directory, DataFile);
        FileStream? journal = null;
        try
        {
            journal = OpenFile(directory, LogFile);
            return new LiteDbProjection(data, journal, log, bytesMax);
        }
        catch
        {
            data.Dispose();
            journal?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Delete(string directory)
    {
        foreach (var name in (string[])[DataFile, LogFile, .. OldFiles])
        {
            File.Delete(Path.Combine(directory, name));
        }
    }

    // Not shared: a second process that opens it is refused.
    private static FileStream OpenFile(string directory, string name)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }
        return new FileStream(Path.Combine(directory, name), options);
    }
}
