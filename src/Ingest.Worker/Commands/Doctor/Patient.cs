using Ingest.Hosting;
using Ingest.Hosting.Settings;
using Ingest.Queue;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>The node that is looked at, whether or not it runs.</summary>
/// <param name="Settings">As it would start with, or has started with.</param>
/// <param name="MayWrite">Whether a file may be written and flushed in its directory.</param>
/// <param name="Connect">Makes a client of the running node.</param>
internal sealed record Patient(NodeSettings Settings, bool MayWrite, Func<AdminClient> Connect)
{
    /// <summary>The data directory, absolute.</summary>
    internal string Data => Path.GetFullPath(Settings.Get<NodeOptions>().Data);

    /// <summary>The log's directory, absolute.</summary>
    internal string LogDirectory =>
        Settings.Get<WalSettings>().Directory is { Length: > 0 } own ? Path.GetFullPath(own) : Path.Combine(Data, "wal");

    /// <summary>The directory of these that is there: the log's, the data directory, or the nearest above it.</summary>
    internal string Existing
    {
        get
        {
            var directory = Directory.Exists(LogDirectory) ? LogDirectory : Data;
            while (!Directory.Exists(directory))
            {
                directory = Path.GetDirectoryName(directory) ?? "/";
            }
            return directory;
        }
    }
}
