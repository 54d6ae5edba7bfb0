using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Files;

internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Warning,
        "Output {Folder}/{File}: {Bytes} bytes behind event {Held} are not whole lines, as after a crash. They were cut and come again.")]
    internal static partial void TailCut(ILogger logger, string folder, string file, long bytes, long held);

    [LoggerMessage(4002, LogLevel.Information, "Output {Folder}/{File} was moved, deleted or cut; the next event begins a new file.")]
    internal static partial void FileGone(ILogger logger, string folder, string file);

    [LoggerMessage(4003, LogLevel.Error,
        "Output {Folder}/{File} could not be cut back after a failed write: {Reason}. Its last lines may come again in the next file.")]
    internal static partial void NotCutBack(ILogger logger, string folder, string file, string reason);

    [LoggerMessage(4004, LogLevel.Warning, "Output {Folder}: the noted position is unreadable; the newest file is scanned instead.")]
    internal static partial void PositionUnreadable(ILogger logger, string folder);

    [LoggerMessage(4005, LogLevel.Warning, "Output {Folder}: the position could not be noted; the next start scans more. {Reason}")]
    internal static partial void PositionNotNoted(ILogger logger, string folder, string reason);

    [LoggerMessage(4006, LogLevel.Warning,
        "Output directory {Directory} was removed, moved or replaced. It is opened anew, and made if it is missing.")]
    internal static partial void DirectoryGone(ILogger logger, string directory);

    [LoggerMessage(4007, LogLevel.Warning,
        "Output {Folder} holds events up to {Held}, but the log is an older copy that shares only those up to "
            + "{Shared}. Later events are new to it "
        + "and go into new files.")]
    internal static partial void LogIsOlder(ILogger logger, string folder, long held, long shared);
}
