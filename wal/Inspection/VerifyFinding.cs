namespace Ingest.Wal.Inspection;

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="File">In which file.</param>
/// <param name="Offset">Where in it, in bytes.</param>
/// <param name="Bytes">How many bytes are concerned; 0 where that has no meaning.</param>
/// <param name="FirstSequence">The first lost number; 0 when none is.</param>
/// <param name="Records">How many records are lost.</param>
/// <param name="Message">What it is, for people.</param>
public readonly record struct VerifyFinding(
    FindingSeverity Severity, string File, long Offset, long Bytes, long FirstSequence, long Records, string Message);
