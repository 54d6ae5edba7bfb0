namespace Ingest.Wal.Reading;

/// <summary>A cursor's name and its last saved position.</summary>
/// <param name="Name">The cursor's name.</param>
/// <param name="Sequence">Everything up to here is settled.</param>
public readonly record struct CursorPosition(string Name, long Sequence);
