namespace Ingest.DeadLetters.Storage;

/// <summary>What a record of the dead letters' log says.</summary>
internal enum DeadLetterRecordKind : byte
{
    /// <summary>An event was refused; in the place of an earlier letter with the same key.</summary>
    Letter = 1,

    /// <summary>A requeued letter was refused again.</summary>
    Refused = 2,

    /// <summary>Letters are to be sent again.</summary>
    Requeued = 3,

    /// <summary>Requeued letters were delivered: resolved.</summary>
    Delivered = 4,

    /// <summary>An operator gave letters up: resolved.</summary>
    Dropped = 5,

    /// <summary>A lane began anew; what it stored above is void.</summary>
    Begun = 6,
}
