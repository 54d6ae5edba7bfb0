using Microsoft.Extensions.Logging;

namespace Ingest.Intake;

internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Error, "A request failed inside the node and was answered with 500: {RequestId}.")]
    internal static partial void RequestFailed(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(1002, LogLevel.Information, "Read {Count} keys from {Path}.")]
    internal static partial void KeysRead(ILogger logger, string path, int count);

    [LoggerMessage(1003, LogLevel.Error, "The keys' file {Path} cannot be used, the keys stay as they were. {Reason}")]
    internal static partial void KeysUnreadable(ILogger logger, string path, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "The token introspection endpoint did not answer: {Reason}")]
    internal static partial void IntrospectionFailed(ILogger logger, string reason);
}
