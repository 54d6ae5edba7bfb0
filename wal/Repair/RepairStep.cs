namespace Ingest.Wal.Repair;

/// <summary>One thing that a repair does.</summary>
/// <param name="Action">What.</param>
/// <param name="File">To which file.</param>
/// <param name="Offset">Where in it, in bytes.</param>
/// <param name="Bytes">How many bytes are concerned.</param>
/// <param name="FirstSequence">The first number that is concerned; 0 where none is.</param>
/// <param name="Records">How many records are lost by what was found there; 0 when none is.</param>
/// <param name="Copy">The file in <c>quarantine/</c>; empty when nothing is set aside.</param>
public readonly record struct RepairStep(
    RepairAction Action, string File, long Offset, long Bytes, long FirstSequence, long Records, string Copy);
