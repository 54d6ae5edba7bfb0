using Ingest.Wal.Format;

namespace Ingest.Wal.Inspection;

/// <summary>Collects what a verification finds, and tells new losses from those that an earlier repair set down.</summary>
/// <param name="losses">What earlier repairs found lost.</param>
internal sealed class VerifyFindings(AcknowledgedLosses losses)
{
    private readonly List<VerifyFinding> _findings = [];

    internal IReadOnlyList<VerifyFinding> All => _findings;

    internal int Count => _findings.Count;

    /// <summary>Takes back the findings behind the first <paramref name="count"/>.</summary>
    internal void TakeBack(int count) => _findings.RemoveRange(count, _findings.Count - count);

    /// <summary>Adds events that are gone; a note where they are known to be, damage where there are none.</summary>
    internal void AddLoss(SegmentName name, long offset, long bytes, long first, long records, string message)
    {
        var known = records > 0 && losses.Covers(first, records);
        var severity = known ? FindingSeverity.Note : records > 0 ? FindingSeverity.Loss : FindingSeverity.Damage;
        message = known ? message + "; set down as lost by an earlier repair" : message;
        Add(severity, name.ToString(), offset, bytes, message, records > 0 ? first : 0, Math.Max(0, records));
    }

    /// <summary>Adds a finding in a segment without a loss.</summary>
    internal void Add(FindingSeverity severity, SegmentName name, long offset, long bytes, string message) =>
        Add(severity, name.ToString(), offset, bytes, message);

    /// <summary>Adds a finding in a file.</summary>
    internal void Add(
        FindingSeverity severity, string file, long offset, long bytes, string message, long first = 0, long records = 0) =>
        _findings.Add(new VerifyFinding(severity, file, offset, bytes, first, records, message));

    /// <summary>Adds that the list of earlier repairs itself is damaged, if it is.</summary>
    internal void CheckLosses()
    {
        if (losses.Damaged)
        {
            Add(FindingSeverity.Damage, AcknowledgedLosses.FileName, 0, 0, "the list of what earlier repairs found lost is damaged");
        }
    }
}
