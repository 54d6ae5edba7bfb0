using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "Dead letters: {Count} unresolved, {Bytes} bytes, in {Directory}; read in {Took}.")]
    internal static partial void Rebuilt(ILogger logger, long count, long bytes, string directory, TimeSpan took);

    [LoggerMessage(5002, LogLevel.Error,
        "Dead letters: {Count} records from {First} on are damaged on the disk or gone from it, and lost.")]
    internal static partial void RecordsLost(ILogger logger, long first, long count);

    [LoggerMessage(5003, LogLevel.Error, "Dead letters: record {Position} is none this version can read. It is skipped.")]
    internal static partial void Unreadable(ILogger logger, long position);

    [LoggerMessage(5004, LogLevel.Error, "Dead letters: their log cannot be read now and is tried again in {Pause}: {Reason}")]
    internal static partial void ReadFailed(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(5005, LogLevel.Information, "Dead letters: requeue {Ticket} sends {Count} events again.")]
    internal static partial void Requeued(ILogger logger, long ticket, long count);

    [LoggerMessage(5006, LogLevel.Warning, "Dead letters: an operator dropped {Count} events.")]
    internal static partial void Dropped(ILogger logger, long count);

    [LoggerMessage(5007, LogLevel.Information, "Dead letters of lane {Lane}: sent again, {Delivered} delivered, {Refused} refused again.")]
    internal static partial void SentAgain(ILogger logger, string lane, int delivered, int refused);

    [LoggerMessage(5008, LogLevel.Error, "Dead letters of lane {Lane}: sending them again failed and is tried again in {Pause}: {Reason}")]
    internal static partial void SendingFailed(ILogger logger, string lane, TimeSpan pause, string reason);

    [LoggerMessage(5009, LogLevel.Error, "Dead letters: looking after their log failed and is tried again in {Pause}: {Reason}")]
    internal static partial void UpkeepFailed(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(5010, LogLevel.Debug, "Dead letters: {Count} unresolved ones were moved, so that the files before them can go.")]
    internal static partial void Moved(ILogger logger, int count);

    [LoggerMessage(5011, LogLevel.Warning,
        "Dead letters: {Count} are not published, because {Sink} refuses them as well; they are kept: {Reason}")]
    internal static partial void NotPublished(ILogger logger, string sink, int count, string reason);

    [LoggerMessage(5012, LogLevel.Error,
        "Dead letters in {Directory} are of another log than the node has now. They are set aside in {Aside}, unchanged, and not shown.")]
    internal static partial void SetAside(ILogger logger, string directory, string aside);

    [LoggerMessage(5013, LogLevel.Error,
        "Dead letters: {Directory}/{Segment} is damaged from byte {Offset} on; a copy is in {Copy}. What is lost by it is said when it is "
        + "read.")]
    internal static partial void Damaged(ILogger logger, string directory, string segment, long offset, string copy);
}
