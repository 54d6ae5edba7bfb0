using Ingest.Hosting;
using Ingest.Hosting.Settings;
using Ingest.Worker.Terminal;
using Microsoft.Extensions.Logging.Console;

namespace Ingest.Worker;

/// <summary>
/// Where a node's messages go: standard output, one line each, or JSON where <c>Logging:Console:FormatterName</c> says <c>json</c>.
/// </summary>
internal static class Logs
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    internal static void Configure(ILoggingBuilder logging, NodeSettings settings)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // What keeps a node from starting is said in one plain sentence, not in a stack trace before it.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // Their reader may stand still: then messages are dropped, and counted there, but no event waits for them.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        // Before the section is read, so that it may say otherwise; and without naming a formatter, so that it may choose one.
        logging.Services.Configure<SimpleConsoleFormatterOptions>(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            // A name that was given is on every line: where several nodes write into one place it tells them apart.
            console.TimestampFormat = settings.Get<NodeOptions>().Name is { Length: > 0 } name
                ? $"{Timestamp} '{name}' "
                : $"{Timestamp} ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.Services.Configure<JsonConsoleFormatterOptions>(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = Timestamp;
        });
        logging.AddConfiguration(settings.ToConfiguration().GetSection("Logging"));
        logging.AddConsole();
        VisibleFormatter.Wrap(logging.Services);
    }
}
