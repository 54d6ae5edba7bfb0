using Serilog;
using Serilog.Sinks.OpenTelemetry;

namespace Clients;

/// <summary>Serilog's sinks.</summary>
internal static class Loggers
{
    internal static Task SeqAsync(Surroundings surroundings) => LogAsync(surroundings, new LoggerConfiguration().WriteTo.Seq(
        surroundings.Url, apiKey: surroundings.Key, batchPostingLimit: 10, period: TimeSpan.FromMilliseconds(100)));

    internal static Task OpenTelemetryAsync(Surroundings surroundings) => LogAsync(
        surroundings, new LoggerConfiguration().WriteTo.OpenTelemetry(options =>
        {
            options.Endpoint = surroundings.Url;
            options.Protocol = OtlpProtocol.HttpProtobuf;
            options.Headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {surroundings.Key}" };
            options.BatchingOptions.BatchSizeLimit = 10;
            options.BatchingOptions.BufferingTimeLimit = TimeSpan.FromMilliseconds(100);
        }));

    private static async Task LogAsync(Surroundings surroundings, LoggerConfiguration configuration)
    {
        Serilog.Debugging.SelfLog.Enable(Report.Error);
        await using var logger = configuration.CreateLogger();
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            logger.Information("{Mark} {Number}", mark, number);
        }
        // The end of a logger is one last attempt, and drops what is refused then; nothing tells when its own retries have sent everything.
        await Task.Delay(10_000);
    }
}
