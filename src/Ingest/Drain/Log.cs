using Microsoft.Extensions.Logging;

namespace Ingest.Drain;

internal static partial class Log
{
    [LoggerMessage(7001, LogLevel.Information, "Draining ({Reason}): {Phase}; {InFlight} requests in flight, {Events} events to deliver.")]
    internal static partial void PhaseEntered(ILogger logger, string reason, string phase, int inFlight, long events);

    [LoggerMessage(7002, LogLevel.Error, "The drain's step {Step} failed; the drain goes on.")]
    internal static partial void StepFailed(ILogger logger, DrainStep step, Exception e);

    [LoggerMessage(7003, LogLevel.Error, "The drain cannot tell what is left and goes by its deadlines.")]
    internal static partial void CountsFailed(ILogger logger, Exception e);

    [LoggerMessage(7004, LogLevel.Information, "Drained in {Took}; everything was delivered.")]
    internal static partial void DrainedAll(ILogger logger, TimeSpan took);

    [LoggerMessage(7005, LogLevel.Warning,
        "Drained in {Took}; {Events} events ({Bytes} bytes, the oldest {OldestAge} old) stay in the log for the next start.")]
    internal static partial void DrainedSome(ILogger logger, TimeSpan took, long events, long bytes, TimeSpan oldestAge);

    [LoggerMessage(7006, LogLevel.Information, "The drain was taken back; the node serves again.")]
    internal static partial void Resumed(ILogger logger);

    [LoggerMessage(7007, LogLevel.Information, "The drain's waits are skipped ({Reason}).")]
    internal static partial void WaitsSkipped(ILogger logger, string reason);

    [LoggerMessage(7008, LogLevel.Error, "What is called with each phase of a drain failed at phase {Phase}; the drain goes on.")]
    internal static partial void ListenerFailed(ILogger logger, string phase, Exception e);
}
