using Ingest.DeadLetters.Projection;
using Ingest.Health;
using Ingest.Hosting.Settings;
using Ingest.Queue;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting;

/// <summary>What everything in a node shares.</summary>
/// <param name="Settings">Bound and checked.</param>
/// <param name="SinkFactories">One per kind of sink.</param>
/// <param name="Instruments">Where things are counted as they happen.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">For everyone's messages.</param>
internal sealed record NodeContext(
    NodeSettings Settings, IReadOnlyList<ISinkFactory> SinkFactories, Instruments Instruments, TimeProvider Time, ILoggerFactory Loggers)
{
    internal AdmissionGate Gate { get; } = new();

    /// <summary>What answers questions over many dead letters; null: a walk over the letters in memory.</summary>
    internal ProjectionOptions? Projection { get; init; }

    /// <summary>The data directory, absolute.</summary>
    internal string DataPath => Path.GetFullPath(Settings.Get<NodeOptions>().Data);

    /// <summary>The operator's policy file, absolute.</summary>
    internal string PolicyPath =>
        Settings.Get<HealthOptions>().PolicyFile is { Length: > 0 } own ? Path.GetFullPath(own) : Path.Combine(DataPath, "policy.json");

    /// <summary>The dead letters' directory, absolute.</summary>
    internal string DeadLettersPath => Path.Combine(DataPath, "dead");

    internal string ParkedPath => Path.Combine(DataPath, "parked");

    /// <summary>The log's directory, absolute.</summary>
    internal string WalPath =>
        Settings.Get<WalSettings>().Directory is { Length: > 0 } own ? Path.GetFullPath(own) : Path.Combine(DataPath, "wal");
}
