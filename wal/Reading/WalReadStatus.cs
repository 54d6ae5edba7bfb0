namespace Ingest.Wal.Reading;

/// <summary>What <see cref="WalReader.Read"/> found.</summary>
public enum WalReadStatus
{
    /// <summary>Nothing more is durable yet.</summary>
    CaughtUp,

    /// <summary>A record.</summary>
    Record,

    /// <summary>Records that are damaged or no longer there; the reader goes on behind them.</summary>
    Gap,
}
