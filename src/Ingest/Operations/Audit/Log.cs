using Microsoft.Extensions.Logging;

namespace Ingest.Operations.Audit;

internal static partial class Log
{
    [LoggerMessage(8102, LogLevel.Information, "Audit {Number}: {Action} of {Target} ({Detail}) by '{Operator}' from {From}.")]
    internal static partial void Recorded(
        ILogger logger, long number, string action, string target, string detail, string @operator, string from);

    [LoggerMessage(8101, LogLevel.Error,
        "Audit: {Action} of {Target} ({Detail}) by '{Operator}' from {From} was done and could not be recorded: {Reason}")]
    internal static partial void NotRecorded(
        ILogger logger, string action, string target, string detail, string @operator, string from, string reason);
}
