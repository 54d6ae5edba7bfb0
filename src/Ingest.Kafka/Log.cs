using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

internal static partial class Log
{
    // Levels as syslog has them; the client logs every lost connection at 3, which is an outage's ordinary noise.
    private const int ClientError = 2;
    private const int ClientWarning = 4;
    private const int ClientNotice = 6;

    [LoggerMessage(10001, LogLevel.Information,
        "Kafka sink {Lane}: opened, {Brokers} brokers answer for {Servers}; {Client}.")]
    internal static partial void Opened(ILogger logger, string lane, int brokers, string servers, string client);

    [LoggerMessage(10002, LogLevel.Warning,
        "A fatal producer error: {Reason}. A new producer takes over; what was not delivered is sent again.")]
    internal static partial void ProducerDied(ILogger logger, string reason);

    [LoggerMessage(10003, LogLevel.Warning, "A broker refused a batch. Its events are sent one by one to find the guilty one.")]
    internal static partial void SendingCarefully(ILogger logger);

    [LoggerMessage(10004, LogLevel.Warning,
        "A broker refused a batch for its size although no event in it is too large. Batches have at most {Bytes} bytes from now on; "
        + "set Options:batch.size below the topic's max.message.bytes.")]
    internal static partial void BatchesShrunk(ILogger logger, int bytes);

    [LoggerMessage(10005, LogLevel.Warning,
        "The producer did not close within {Limit}; it is left to end by itself. The log still has what it held.")]
    internal static partial void CloseTookTooLong(ILogger logger, TimeSpan limit);

    [LoggerMessage(10006, LogLevel.Warning, "The client's statistics were not readable: {Reason}")]
    internal static partial void StatisticsUnreadable(ILogger logger, string reason);

    [LoggerMessage(10020, LogLevel.Information,
        "Kafka sink {Lane}: progress of {Id} is event {Last}; what lies behind it is delivered in transactions.")]
    internal static partial void ProgressRead(ILogger logger, string lane, long last, string id);

    [LoggerMessage(10021, LogLevel.Warning,
        "Kafka sink {Lane}: a transaction failed, and its events are delivered in another one unless Kafka says that it has them: "
        + "{Reason}")]
    internal static partial void TransactionFailed(ILogger logger, string lane, string reason);

    [LoggerMessage(10022, LogLevel.Error, "Kafka sink {Lane}: delivery stops. {Reason}")]
    internal static partial void Fenced(ILogger logger, string lane, string reason);

    internal static void Client(ILogger logger, LogMessage message)
    {
        // The client warns of the one experimental setting this sink rests on, at every start; docs/decisions/0025-librdkafka.md is about
        // it.
        var isKnown = message.Facility == "CONFWARN" && message.Message.Contains("enable.gapless.guarantee", StringComparison.Ordinal);
        var level = isKnown ? LogLevel.Debug : (int)message.Level switch
        {
            <= ClientError => LogLevel.Error,
            <= ClientWarning => LogLevel.Warning,
            <= ClientNotice => LogLevel.Information,
            _ => LogLevel.Debug,
        };
        ClientSaid(logger, level, message.Facility, message.Message);
    }

    [LoggerMessage(EventId = 10010, Message = "librdkafka {Facility}: {Message}")]
    private static partial void ClientSaid(ILogger logger, LogLevel level, string facility, string message);
}
