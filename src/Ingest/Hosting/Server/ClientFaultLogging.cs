using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Server;

/// <summary>
/// Keeps what clients do out of the operator's way: <see cref="ClientFaults"/> are said at their own level, and those that are worth a
/// line without a stack trace, at most once in <see cref="LineThrottle.Pause"/>, with how many there were. Everything else passes.
/// </summary>
/// <param name="inner">Writes.</param>
/// <param name="time">Counts the pauses.</param>
internal sealed class ClientFaultLogging(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return ClientFaults.MayBeIn(categoryName) ? new Filter(logger, time) : logger;
    }

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed class Filter(ILogger inner, TimeProvider time) : ILogger
    {
        private readonly ConcurrentDictionary<int, LineThrottle> _throttles = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (ClientFaults.Of(eventId) is not { } level)
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
            else if (level < LogLevel.Warning)
            {
                // An operator who turns this on looks for a client's mistake, as with the other bad requests at this level.
                inner.Log(level, eventId, state, exception, formatter);
            }
            else if (_throttles.GetOrAdd(eventId.Id, _ => new LineThrottle(time)).TryTake(out var held))
            {
                inner.Log(level, eventId, state, null, (said, _) => With(formatter(said, null), held));
            }
        }

        private static string With(string line, long held) =>
            held == 0 ? line : string.Create(CultureInfo.InvariantCulture, $"{line} {held} more since the last such line.");
    }
}
