using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Files;

/// <summary>What all streams of a file sink share.</summary>
internal sealed record OutputContext
{
    internal required IWalDirectory Directory { get; init; }

    internal required Guid LogId { get; init; }

    /// <summary>Under what identity the log gave a number out.</summary>
    internal required Func<long, Guid> EpochOf { get; init; }

    /// <summary>The last number an epoch may have given out; null when the log does not know it.</summary>
    internal required Func<Guid, long?> LastOfEpoch { get; init; }

    internal required FileSinkOptions Options { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required ILogger Logger { get; init; }

    /// <summary>The last rewind; streams that have not taken it up do so when they are opened.</summary>
    internal required OutputRewind Rewind { get; set; }
}
