using Microsoft.Extensions.Logging;

namespace Ingest.Operations;

internal static partial class Log
{
    [LoggerMessage(8001, LogLevel.Warning, "An instrument could not be read and is missing from this scrape: {Reason}")]
    internal static partial void ObservationFailed(ILogger logger, string reason);

    [LoggerMessage(8002, LogLevel.Warning, "A second of the history is missing, and more may be: {Reason}")]
    internal static partial void SecondMissing(ILogger logger, string reason);

    [LoggerMessage(
        8011,
        LogLevel.Warning,
        "The collector (Telemetry:Otlp:Endpoint) does not take spans: {Reason}. At most {SpansMax} are kept and sent again for {RetryMax}; "
        + "events are not affected.")]
    internal static partial void SpansKept(ILogger logger, string reason, int spansMax, TimeSpan retryMax);

    [LoggerMessage(8012, LogLevel.Information, "The collector takes spans again, after {Took}.")]
    internal static partial void SpansTaken(ILogger logger, TimeSpan took);

    [LoggerMessage(8013, LogLevel.Warning, "Dropped {Spans} spans that the collector did not take; its last answer: {Reason}.")]
    internal static partial void SpansDropped(ILogger logger, long spans, string reason);

    [LoggerMessage(8014, LogLevel.Error, "Sending {Spans} spans failed; it counts as not taken.")]
    internal static partial void SpansFailed(ILogger logger, int spans, Exception e);
}
