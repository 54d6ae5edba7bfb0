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

    [LoggerMessage(5014, LogLevel.Error, "Dead letters: reading their log failed; it is opened and read anew.")]
    internal static partial void FeedFailed(ILogger logger, Exception exception);

    [LoggerMessage(5015, LogLevel.Error,
        "Dead letters: the log in {Directory} failed. Lanes with refused events are blocked until it is opened anew, "
            + "which is tried after a second and then every 30 s at least: {Reason}")]
    internal static partial void Failed(ILogger logger, string directory, string reason);

    [LoggerMessage(5016, LogLevel.Warning, "Dead letters: the log in {Directory} cannot be opened anew yet: {Reason}")]
    internal static partial void NotReopened(ILogger logger, string directory, string reason);

    [LoggerMessage(5017, LogLevel.Warning, "Dead letters: the log in {Directory} was opened anew after a failure.")]
    internal static partial void Reopened(ILogger logger, string directory);

    [LoggerMessage(5018, LogLevel.Warning, "Dead letters: closing the log in {Directory} failed: {Reason}")]
    internal static partial void NotClosed(ILogger logger, string directory, string reason);

    [LoggerMessage(5020, LogLevel.Warning,
        "Dead letters: the {Kind} projection in {Directory} is put aside and filled again behind; questions are answered from memory until "
        + "then: {Reason}")]
    internal static partial void ProjectionFailed(ILogger logger, string kind, string directory, string reason);

    [LoggerMessage(5021, LogLevel.Warning, "Dead letters: files of the projection in {Directory} could not be closed or deleted: {Reason}")]
    internal static partial void ProjectionNotDeleted(ILogger logger, string directory, string reason);
}
