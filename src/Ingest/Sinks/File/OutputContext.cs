using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Files;

/// <summary>What all streams of a file sink share.</summary>
internal sealed record OutputContext
{
    internal required IWalDirectory Directory { get; init; }

    internal required Guid LogId { get; init; }

    internal required FileSinkOptions Options { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required ILogger Logger { get; init; }

    /// <summary>The last rewind; streams that have not taken it up do so when they are opened.</summary>
    internal required OutputRewind Rewind { get; set; }
}
