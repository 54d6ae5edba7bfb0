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

    /// <summary>Records that are lost, those not counted that an earlier repair has set down as lost.</summary>
    public long RecordsLost => Lost(FindingSeverity.Loss);

    /// <summary>Records that an earlier repair has set down as lost.</summary>
    public long RecordsLostBefore => Lost(FindingSeverity.Note);

    /// <summary>
    /// The end of the log is or was cut off, and nothing tells how much it held: at least <see cref="RecordsLost"/> records are lost.
    /// </summary>
    public bool LossIsUncounted { get; init; }

    /// <summary>Numbers that were never given out: starts after a stop that was not in order pass over some. No loss.</summary>
    public long Skipped { get; init; }

    /// <summary>Bytes that were read.</summary>
    public required long Bytes { get; init; }

    /// <summary>Nothing worse than a note: what a script wants to know.</summary>
    public bool Sound => Findings.All(finding => finding.Severity == FindingSeverity.Note);

    /// <summary>Among the findings: what was before the oldest segment is missing. No repair changes that.</summary>
    internal VerifyFinding? MissingBeginning { get; init; }

    private long Lost(FindingSeverity severity) => Findings.Where(finding => finding.Severity == severity).Sum(finding => finding.Records);
}
