namespace Ingest.Wal.Inspection;

/// <summary>The result of reading everything and checking every checksum.</summary>
public sealed record VerifyReport
{
    /// <summary>What was found, in order of the log; at most a thousand per segment.</summary>
    public required IReadOnlyList<VerifyFinding> Findings { get; init; }

    /// <summary>Segments that were read.</summary>
    public required int Segments { get; init; }

    /// <summary>Commits that were checked.</summary>
    public required long Groups { get; init; }

    /// <summary>Records that are valid.</summary>
    public required long Records { get; init; }

    /// <summary>Records that are lost.</summary>
    public long RecordsLost => Findings.Sum(finding => finding.Records);

    /// <summary>Bytes that were read.</summary>
    public required long Bytes { get; init; }

    /// <summary>Nothing worse than a note: what a script wants to know.</summary>
    public bool Sound => Findings.All(finding => finding.Severity == FindingSeverity.Note);
}
