using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Simulation.Node;

/// <summary>Loggers that keep nothing, but for exceptions that no fault of the disk and no sink explains: those are bugs.</summary>
internal sealed class WatchedLoggers : ILoggerFactory
{
    /// <summary>The first of them; null: none.</summary>
    internal Exception? Unexpected { get; private set; }

    /// <summary>Told of every line.</summary>
    internal Action<string>? Trace { get; set; }

    public ILogger CreateLogger(string categoryName) => new Watcher(this);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Holds nothing.
    }

    private sealed class Watcher(WatchedLoggers owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error || owner.Trace is not null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            owner.Trace?.Invoke($"{logLevel}: {formatter(state, exception)}");
            if (exception is not (null or StorageException or Disk.PowerCutException))
            {
                owner.Unexpected ??= exception;
            }
        }
    }
}
