using Microsoft.Extensions.Logging;

namespace Ingest.Publishing;

internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "Lane {Lane} begins at event {Next}; {Pending} are pending.")]
    internal static partial void LaneStarted(ILogger logger, string lane, long next, long pending);

    [LoggerMessage(3002, LogLevel.Information, "Lane {Lane} stopped; everything up to event {Settled} is settled.")]
    internal static partial void LaneStopped(ILogger logger, string lane, long settled);

    [LoggerMessage(3003, LogLevel.Error, "Lane {Lane}: event {Sequence} is no event this version can read. It is counted as lost.")]
    internal static partial void Unreadable(ILogger logger, string lane, long sequence);

    [LoggerMessage(3004, LogLevel.Error,
        "Lane {Lane}: {Count} events from {First} on are damaged on the disk or gone from it, and counted as lost.")]
    internal static partial void LostToDamage(ILogger logger, string lane, long first, long count);

    [LoggerMessage(3005, LogLevel.Error,
        "Lane {Lane}: {Count} events from {First} on were removed from the log before they were delivered. They are counted as lost.")]
    internal static partial void LostToRetention(ILogger logger, string lane, long first, long count);

    [LoggerMessage(3006, LogLevel.Error, "Lane {Lane} is blocked; nothing is lost, and it is tried again in {Pause}: {Reason}")]
    internal static partial void Blocked(ILogger logger, string lane, string reason, TimeSpan pause);

    [LoggerMessage(3007, LogLevel.Information, "Lane {Lane} is no longer blocked.")]
    internal static partial void Unblocked(ILogger logger, string lane);

    [LoggerMessage(3008, LogLevel.Warning, "Lane {Lane}: the breaker opened for {Pause}. {Reason}")]
    internal static partial void BreakerOpened(ILogger logger, string lane, TimeSpan pause, string reason);

    [LoggerMessage(3009, LogLevel.Information, "Lane {Lane}: the breaker closed; the window starts from 1.")]
    internal static partial void BreakerClosed(ILogger logger, string lane);

    [LoggerMessage(3010, LogLevel.Warning, "Lane {Lane}: delivering {Events} events failed, attempt {Attempt}: {Reason}")]
    internal static partial void AttemptFailed(ILogger logger, string lane, int events, int attempt, string reason);

    [LoggerMessage(3011, LogLevel.Warning, "Lane {Lane}: {Events} events went to the dead letters. The first was refused with: {Reason}")]
    internal static partial void DeadLettered(ILogger logger, string lane, int events, string reason);

    [LoggerMessage(3012, LogLevel.Error, "Lane {Lane}: the dead letters could not be written and are tried again: {Reason}")]
    internal static partial void DeadLettersFailed(ILogger logger, string lane, string reason);

    [LoggerMessage(3013, LogLevel.Error, "Lane {Lane} failed and begins again behind event {Settled} in {Pause}.")]
    internal static partial void LaneFailed(ILogger logger, string lane, long settled, TimeSpan pause, Exception exception);

    [LoggerMessage(3014, LogLevel.Error, "Lane {Lane}: the cursor could not be saved and is tried again: {Reason}")]
    internal static partial void CursorFailed(ILogger logger, string lane, string reason);

    [LoggerMessage(3015, LogLevel.Warning,
        "Lane {Lane}: the saved counts are of no version known here, or of another position; they start again at event {Settled}.")]
    internal static partial void AccountsRestarted(ILogger logger, string lane, long settled);

    [LoggerMessage(3016, LogLevel.Warning, "Lane {Lane} was rewound from event {Before} to {Next} and delivers again from there.")]
    internal static partial void Rewound(ILogger logger, string lane, long before, long next);

    [LoggerMessage(3017, LogLevel.Warning,
        "Cursor {Cursor} at event {Sequence} belongs to no configured sink. It keeps the log from being reclaimed until the sink "
        + "is configured again or the cursor is deleted.")]
    internal static partial void OrphanCursor(ILogger logger, string cursor, long sequence);

    [LoggerMessage(3018, LogLevel.Warning,
        "Lane {Lane}: an attempt did not end within its time and was left behind; its batch is sent again.")]
    internal static partial void LeftBehind(ILogger logger, string lane);

    [LoggerMessage(3019, LogLevel.Error,
        "Lane {Lane}: the cursor's file is damaged. Delivery begins with the oldest event, {Next}: events may be delivered twice.")]
    internal static partial void CursorDamaged(ILogger logger, string lane, long next);

    [LoggerMessage(3090, LogLevel.Error,
        "Lane {Lane}: the cursor is one of another log and says nothing of this one. Delivery begins with the oldest event, {Next}.")]
    internal static partial void CursorForeign(ILogger logger, string lane, long next);

    [LoggerMessage(3020, LogLevel.Warning, "Lane {Lane}: the sink could not be opened; it is tried again in {Pause}: {Reason}")]
    internal static partial void OpenFailed(ILogger logger, string lane, string reason, TimeSpan pause);

    [LoggerMessage(3021, LogLevel.Warning, "Lane {Lane}: closing the sink failed: {Reason}")]
    internal static partial void CloseFailed(ILogger logger, string lane, string reason);

    [LoggerMessage(3031, LogLevel.Error, "Lane {Lane}: closing the sink took longer than {Limit}; it is left behind.")]
    internal static partial void CloseTookTooLong(ILogger logger, string lane, TimeSpan limit);

    [LoggerMessage(3022, LogLevel.Error, "Lane {Lane} does not begin: {Reason}")]
    internal static partial void CursorRefused(ILogger logger, string lane, string reason);

    [LoggerMessage(3023, LogLevel.Warning,
        "Lane {Lane}: {Events} events of stream {Stream} are parked and tried again on their own, while others are delivered: {Reason}")]
    internal static partial void Parked(ILogger logger, string lane, int events, string stream, string reason);

    [LoggerMessage(3024, LogLevel.Information, "Lane {Lane}: {Events} events are parked since an earlier run.")]
    internal static partial void ParkedFound(ILogger logger, string lane, int events);

    [LoggerMessage(3025, LogLevel.Information, "Lane {Lane}: parked event {Sequence} failed, attempt {Attempt}: {Reason}")]
    internal static partial void ParkedFailed(ILogger logger, string lane, long sequence, int attempt, string reason);

    [LoggerMessage(3026, LogLevel.Error,
        "Lane {Lane}: {Events} parked events are gone from the directory of parked events. They are counted as lost.")]
    internal static partial void ParkedLost(ILogger logger, string lane, long events);

    [LoggerMessage(3027, LogLevel.Warning, "Lane {Lane}: an operator moves {Events} parked events to the dead letters.")]
    internal static partial void ParkedMoved(ILogger logger, string lane, int events);

    [LoggerMessage(3028, LogLevel.Warning, "Lane {Lane}: an operator drops {Events} parked events.")]
    internal static partial void ParkedDropped(ILogger logger, string lane, int events);

    [LoggerMessage(3029, LogLevel.Warning, "Lane {Lane}: parked events could not be moved to give files back: {Reason}")]
    internal static partial void ParkedNotMoved(ILogger logger, string lane, string reason);

    [LoggerMessage(3030, LogLevel.Information,
        "Lane {Lane}: a batch of {Events} events failed and is sent apart, to find out which are to blame: {Reason}")]
    internal static partial void Split(ILogger logger, string lane, int events, string reason);

    [LoggerMessage(3091, LogLevel.Warning,
        "The note {Path} says nothing. It is written anew: the events beside it are taken for those of the node's log.")]
    internal static partial void OriginRenewed(ILogger logger, string path);

    [LoggerMessage(3092, LogLevel.Error,
        "Lane {Lane}: event {Sequence} cannot be read; nothing is lost, what stands in front of it is delivered, and it is tried again in "
            + "{Pause}: {Reason}")]
    internal static partial void ReadFailed(ILogger logger, string lane, long sequence, string reason, TimeSpan pause);
}
