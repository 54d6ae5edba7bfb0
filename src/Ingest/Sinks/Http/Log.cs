using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Http;

internal static partial class Log
{
    [LoggerMessage(4101, LogLevel.Information, "HTTP sink {Sink}: POSTs {Format} to {Url}, at most {Window} requests at once.")]
    internal static partial void Opened(ILogger logger, string sink, HttpFormat format, string url, int window);
}
