namespace Ingest.Wal.Inspection;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; nothing is lost.</summary>
    Note,

    /// <summary>Something is damaged, but every record can be read.</summary>
    Damage,

    /// <summary>Records are lost.</summary>
    Loss,
}
