namespace Ingest.Wal.Reading;

/// <summary>Consecutive records that cannot be read.</summary>
/// <param name="First">The first missing sequence number.</param>
/// <param name="Count">How many are missing.</param>
/// <param name="Reclaimed">True: removed by retention before they were read. False: damaged on disk.</param>
public readonly record struct WalGap(long First, long Count, bool Reclaimed);
