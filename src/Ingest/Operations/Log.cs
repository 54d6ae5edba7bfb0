using Microsoft.Extensions.Logging;

namespace Ingest.Operations;

internal static partial class Log
{
    [LoggerMessage(8001, LogLevel.Warning, "An instrument could not be read and is missing from this scrape: {Reason}")]
    internal static partial void ObservationFailed(ILogger logger, string reason);
}
