using System.Runtime.InteropServices;

namespace Ingest.Wal.Storage;

/// <summary>Error numbers of Linux and what they mean for a log.</summary>
internal static class Errno
{
    internal const int NotPermitted = 1;
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int BadDescriptor = 9;
    internal const int WouldBlock = 11;
    internal const int AccessDenied = 13;
    internal const int Exists = 17;
    internal const int NotDirectory = 20;
    internal const int IsDirectory = 21;
    internal const int InvalidArgument = 22;
    internal const int FileTooLarge = 27;
    internal const int NoSpace = 28;
    internal const int ReadOnlyFileSystem = 30;
    internal const int NoLocks = 37;
    internal const int NotSupported = 95;
    internal const int QuotaExceeded = 122;

    /// <summary>The failure of a call that has just set the thread's error number.</summary>
    /// <param name="operation">What was tried.</param>
    /// <param name="path">On which file.</param>
    /// <param name="opening">Opening, creating, renaming or deleting, where a missing permission is the user's to mend; a read-only
    /// file system under a file already open is a disk that gave up.</param>
    internal static StorageException Failure(string operation, string path, bool opening)
    {
        var number = Marshal.GetLastPInvokeError();
        var hint = number == FileTooLarge ? "; the limit of file sizes (ulimit -f, LimitFSIZE) is too low for it" : "";
        return new StorageException(
            Kind(number, opening), $"{operation} {path}: {Marshal.GetPInvokeErrorMessage(number)}{hint}", number);
    }

    internal static StorageFailure Kind(int number, bool opening) => number switch
    {
        NoSpace or QuotaExceeded => StorageFailure.Full,
        NoEntry when opening => StorageFailure.NotFound,
        NotDirectory or IsDirectory when opening => StorageFailure.NoDirectory,
        NotPermitted or AccessDenied or ReadOnlyFileSystem when opening => StorageFailure.Denied,
        _ => StorageFailure.Failed,
    };
}
