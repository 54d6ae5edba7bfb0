using Ingest.Worker.Verify.Judging;

namespace Ingest.Worker.Verify.Readings;

/// <summary>Reads what a sink has, each event once, in the sink's order. One thread.</summary>
internal interface ISinkReading
{
    /// <summary>Enters what has come since the last time; returns when there is no more for now.</summary>
    Task ReadAsync(Ledger ledger, CancellationToken cancel);

    /// <summary>Why the sink could not be read to its end, so that nothing can be said of it; null: it was.</summary>
    string? Trouble { get; }
}
