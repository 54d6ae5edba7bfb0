using Microsoft.Extensions.Logging;

namespace Ingest.Health;

internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Warning,
        "Memory is at {Ratio:P0} of its limit, anonymous {Anonymous} of {Limit} bytes ({Source}), heap {Heap} of {HeapLimit}.")]
    internal static partial void MemoryRelief(
        ILogger logger, double ratio, long anonymous, long limit, string source, long heap, long heapLimit);

    [LoggerMessage(6002, LogLevel.Error, "Memory is failing at {Ratio:P0}: intake refuses with memory_pressure until below {Low:P0}.")]
    internal static partial void MemoryFailing(ILogger logger, double ratio, double low);

    [LoggerMessage(6003, LogLevel.Information, "Memory is good again at {Ratio:P0}: intake accepts.")]
    internal static partial void MemoryGood(ILogger logger, double ratio);

    [LoggerMessage(6004, LogLevel.Warning, "The disk has {Free} bytes left: intake refuses with disk_pressure until there are {High}.")]
    internal static partial void DiskRefusing(ILogger logger, long? free, long high);

    [LoggerMessage(6005, LogLevel.Information, "The disk has {Free} bytes free again: intake accepts.")]
    internal static partial void DiskGood(ILogger logger, long? free);

    [LoggerMessage(6006, LogLevel.Critical, "The node is not live: {Reasons}")]
    internal static partial void NotLive(ILogger logger, string reasons);

    [LoggerMessage(6007, LogLevel.Information, "The node is live again.")]
    internal static partial void Live(ILogger logger);

    [LoggerMessage(6008, LogLevel.Error, "Looking at the node failed; its health counts as failing once the last look is too old.")]
    internal static partial void SampleFailed(ILogger logger, Exception e);

    [LoggerMessage(6009, LogLevel.Information, "The memory limit is now {Limit} bytes ({Source}); the collector follows: {Adopted}.")]
    internal static partial void MemoryLimitChanged(ILogger logger, long limit, string source, bool adopted);

    [LoggerMessage(6010, LogLevel.Warning, "A part of the node's health could not be told.")]
    internal static partial void DetailMissing(ILogger logger, Exception e);

    [LoggerMessage(6020, LogLevel.Information, "The policy in {Path} is in force: enabled {Enabled}, rate limit {RateLimit}.")]
    internal static partial void PolicyApplied(ILogger logger, string path, bool enabled, double? rateLimit);

    [LoggerMessage(6021, LogLevel.Error, "The policy in {Path} was not taken, the one before stays in force: {Error}")]
    internal static partial void PolicyRejected(ILogger logger, string path, string error);

    [LoggerMessage(6022, LogLevel.Warning, "The policy in {Path} cannot be watched and is read once a second: {Reason}")]
    internal static partial void PolicyNotWatched(ILogger logger, string path, string reason);

    [LoggerMessage(6023, LogLevel.Error, "Looking at the policy in {Path} failed; it is looked at again in {Pause}.")]
    internal static partial void PolicyLookFailed(ILogger logger, string path, TimeSpan pause, Exception e);
}
