namespace Ingest.Wal.Reading;

/// <summary>Consecutive numbers without records that can be read.</summary>
/// <param name="First">The first missing sequence number.</param>
/// <param name="Count">How many are missing.</param>
/// <param name="Reclaimed">Removed by retention before they were read. Else damaged on disk, unless <paramref name="Skipped"/>.</param>
/// <param name="Skipped">Nothing is missing: these numbers were never given out. A start that could not tell what the end of the
/// log held passed
/// over them.</param>
public readonly record struct WalGap(long First, long Count, bool Reclaimed, bool Skipped = false);
