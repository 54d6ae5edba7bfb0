using Microsoft.Extensions.Logging;

namespace Ingest.Hosting;

internal static partial class Log
{
    [LoggerMessage(
        9001,
        LogLevel.Information,
        "Opened the log in {Directory}: events {First} to {Durable}, {Bytes} bytes; clean shutdown: {Clean}; {Torn} torn bytes cut.")]
    internal static partial void LogOpened(ILogger logger, string directory, long first, long durable, long bytes, bool clean, long torn);

    [LoggerMessage(
        9002,
        LogLevel.Error,
        "The log is damaged: {Records} events from {First} on are lost in {Segment} at byte {Offset}; a copy is in {Copy}.")]
    internal static partial void LogDamaged(ILogger logger, long records, long first, string segment, long offset, string copy);

    [LoggerMessage(
        9008,
        LogLevel.Error,
        "{Segment} ({Bytes} bytes) is no segment of this log and was moved to {Copy}: it is another log's, or what is left of it is too "
        + "little. By its name it began with event {First}; known to be lost with it: {Records}. "
        + "Lanes that miss events say which.")]
    internal static partial void NoSegment(
        ILogger logger, string segment, long bytes, long first, long records, string copy);

    [LoggerMessage(
        9009,
        LogLevel.Error,
        "The log is flushed and closed, but could not be marked so: {Reason}. Nothing is lost. Move away what is in the way; until then "
        + "each start reads the end of the log as after a crash.")]
    internal static partial void NotMarkedClean(ILogger logger, string reason);

    [LoggerMessage(
        9003,
        LogLevel.Information,
        "{Node} is ready: producers POST to {Intake}, operators look at {Admin}, data lies in {Data}.")]
    internal static partial void Ready(ILogger logger, string node, string intake, string admin, string data);

    [LoggerMessage(
        9014,
        LogLevel.Information,
        "{Node} is ready in its application, which listens at {Addresses}; data lies in {Data}.")]
    internal static partial void ReadyInApplication(ILogger logger, string node, string addresses, string data);

    [LoggerMessage(9015, LogLevel.Information, "Opened the log in {Directory}: it is empty, and the next event has number {Next}.")]
    internal static partial void EmptyLogOpened(ILogger logger, string directory, long next);

    [LoggerMessage(
        9004,
        LogLevel.Information,
        "Memory is limited to {Allowance} bytes: {Key} is {Used} instead of {Configured}, so that a burst between two looks still fits.")]
    internal static partial void MemoryShare(ILogger logger, long allowance, string key, long used, long configured);

    [LoggerMessage(
        9007,
        LogLevel.Warning,
        "The process may have {Limit} files open: there is room for {Connections} connections, not for the {Configured} of "
        + "Listen:ConnectionsMax.")]
    internal static partial void FewConnections(ILogger logger, long limit, int connections, int configured);

    [LoggerMessage(9012, LogLevel.Warning, "Closed {Connections} connections to {Listener}: {Max} are open, all there may be.")]
    internal static partial void ConnectionsRefused(ILogger logger, long connections, string listener, int max);

    [LoggerMessage(9006, LogLevel.Warning, "What may be repeated cannot be read from the log, tried again in {Pause}: {Reason}")]
    internal static partial void RecallFailed(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(
        9033,
        LogLevel.Critical,
        "The process was told to end {Limit} ago and is still there: it ends now, without the rest. What was acknowledged is on disk.")]
    internal static partial void ExitOverdue(ILogger logger, TimeSpan limit);

    [LoggerMessage(
        9032,
        LogLevel.Error,
        "What may be repeated could not be read from the log for {Span}, and what it has is older than what is remembered: not read.")]
    internal static partial void RecallGivenUp(ILogger logger, TimeSpan span, Exception e);

    [LoggerMessage(
        9044,
        LogLevel.Error,
        "The file {Name} in the log's directory is damaged, missing or cannot be read; it is kept as {Copy}. Repeats are known "
        + "from what the log still has of requests; others are stored again if they come again.")]
    internal static partial void RepeatsDamaged(ILogger logger, string name, string copy);

    [LoggerMessage(
        9046,
        LogLevel.Error,
        "The file {Name} in the log's directory is another log's: it is kept as {Copy}, and this log is read instead.")]
    internal static partial void MarksForeign(ILogger logger, string name, string copy);

    [LoggerMessage(
        9045,
        LogLevel.Warning,
        "What tells repeats could not be saved and is tried again in {Pause}; the log is kept for it until then: {Reason}")]
    internal static partial void RepeatsNotSaved(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(
        9005,
        LogLevel.Information,
        "Remembers {Requests} requests that may be repeated, {Events} events of the log read behind their file, in {Took}.")]
    internal static partial void Recalled(ILogger logger, int requests, long events, TimeSpan took);

    [LoggerMessage(
        9040, LogLevel.Information, "Knows {Producers} producers, with {Requests} requests from the log behind their file, in {Took}.")]
    internal static partial void ProducersKnown(ILogger logger, int producers, int requests, TimeSpan took);

    [LoggerMessage(
        9041,
        LogLevel.Warning,
        "What is known of producers could not be read and is tried again in {Pause}; requests with Ingest-Producer are refused until then: "
        + "{Reason}")]
    internal static partial void ProducersNotRead(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(
        9042,
        LogLevel.Error,
        "The file {Name} in the log's directory is damaged, missing or cannot be read; it is kept as {Copy}. Producers are known "
        + "from what the log still has of them; others are told unknown_producer and go on in a higher epoch.")]
    internal static partial void ProducersDamaged(ILogger logger, string name, string copy);

    [LoggerMessage(
        9043,
        LogLevel.Warning,
        "What is known of producers could not be saved and is tried again in {Pause}; the log is kept for it until then: {Reason}")]
    internal static partial void ProducersNotSaved(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(9016, LogLevel.Information, "New connections are served the certificate that {Path} holds now; it "
        + "expires at {NotAfter:u}.")]
    internal static partial void CertificateRenewed(ILogger logger, string path, DateTimeOffset notAfter);

    [LoggerMessage(
        9017,
        LogLevel.Warning,
        "{Path} or what belongs to it has changed and cannot be used; connections are served the certificate from before, which expires at "
        + "{NotAfter:u}. Put a certificate and its key there; no restart is needed. Reason: {Reason}")]
    internal static partial void CertificateKept(ILogger logger, string path, DateTimeOffset notAfter, string reason);

    [LoggerMessage(9031, LogLevel.Information, "Removed the socket {Path}: its process ended without doing so.")]
    internal static partial void SocketRemoved(ILogger logger, string path);

    [LoggerMessage(
        9090,
        LogLevel.Error,
        "The log's end is missing: {Count} events from {First} on, which a cursor or the clean mark knows of, are "
            + "lost. Lanes that had not settled "
        + "them count them.")]
    internal static partial void EndMissing(ILogger logger, long count, long first);

    [LoggerMessage(
        9091,
        LogLevel.Error,
        "{Segment} is {Bytes} bytes shorter than it was made: it was cut, or a copy ran out of room. Events in that "
            + "part that nothing knows of are "
        + "lost without a count.")]
    internal static partial void SegmentCut(ILogger logger, string segment, long bytes);

    [LoggerMessage(
        9092,
        LogLevel.Warning,
        "A last write of {Count} events was cut: torn by the crash, or damaged after it was acknowledged. A copy is in quarantine/.")]
    internal static partial void GroupCut(ILogger logger, long count);

    [LoggerMessage(
        9093,
        LogLevel.Information,
        "The last stop was not in order: {Count} numbers are passed over, so that none is given out twice. The next event is {Next}.")]
    internal static partial void NumbersSkipped(ILogger logger, long count, long next);
}
