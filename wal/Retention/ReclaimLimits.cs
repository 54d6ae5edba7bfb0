namespace Ingest.Wal.Retention;

/// <summary>What must stay. A sealed segment goes only when all of it is at or below <see cref="SettledSequence"/> and no retention holds
/// it.</summary>
/// <param name="SettledSequence">The lowest cursor.</param>
/// <param name="KeepSinceUnixMs">Segments whose last commit is at or after this time stay; <see cref="long.MaxValue"/> for no such
/// rule.</param>
/// <param name="KeepBytes">The newest settled segments up to this many bytes stay; 0 for no such rule.</param>
public readonly record struct ReclaimLimits(long SettledSequence, long KeepSinceUnixMs, long KeepBytes);
