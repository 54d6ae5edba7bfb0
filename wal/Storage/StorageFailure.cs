namespace Ingest.Wal.Storage;

/// <summary>Kinds of failure of a file operation.</summary>
public enum StorageFailure
{
    /// <summary>An I/O error, a read-only file system, or anything else that makes the file untrustworthy.</summary>
    Failed,

    /// <summary>No space or no quota left (ENOSPC, EDQUOT).</summary>
    Full,

    /// <summary>The file or directory is not there.</summary>
    NotFound,

    /// <summary>Not permitted for this user, or a read-only file system, when opening.</summary>
    Denied,

    /// <summary>Another process holds the directory.</summary>
    InUse,

    /// <summary>Where a directory is needed there is something else: a file, a link to nowhere. Or a directory where a file is
    /// needed.</summary>
    NoDirectory,
}
