using Microsoft.Extensions.Logging;

namespace Ingest.Queue;

internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Critical,
        "The log failed and takes nothing more: {Reason}. The process stops; recovery decides at the next start.")]
    internal static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(2002, LogLevel.Warning,
        "The disk has no room for the next log segment, {FreeBytes} bytes are free: intake refuses with disk_pressure until there is.")]
    internal static partial void DiskFull(ILogger logger, long freeBytes);

    [LoggerMessage(2003, LogLevel.Information, "The disk has room again: intake accepts.")]
    internal static partial void DiskHasRoom(ILogger logger);

    [LoggerMessage(2004, LogLevel.Warning,
        "The log holds {Bytes} bytes, more than Wal:BytesMax = {BytesMax}: intake refuses with disk_pressure until lanes have delivered.")]
    internal static partial void LogOverLimit(ILogger logger, long bytes, long bytesMax);

    [LoggerMessage(2005, LogLevel.Information, "The log is below Wal:BytesMax again ({Bytes} bytes): intake accepts.")]
    internal static partial void LogWithinLimit(ILogger logger, long bytes);

    [LoggerMessage(2006, LogLevel.Error, "Keeping the log tidy failed; it is tried again in {Pause}. {Reason}")]
    internal static partial void UpkeepFailed(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(2007, LogLevel.Information,
        "Wal:DirectWrites is Auto, but events are written through the page cache: {Reason} Nothing else changes.")]
    internal static partial void NotWrittenDirect(ILogger logger, string reason);

    [LoggerMessage(2008, LogLevel.Warning,
        "The last events were found wrong in memory, {Errors} times since the start, and read from the disk instead. The memory of this "
        + "machine may be failing.")]
    internal static partial void MemoryErrors(ILogger logger, long errors);
}
