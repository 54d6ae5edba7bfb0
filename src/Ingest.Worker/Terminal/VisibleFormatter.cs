using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Ingest.Worker.Terminal;

/// <summary>
/// Makes the text in messages harmless (<see cref="Visible"/>) before another formatter writes them for people. JSON lines escape it
/// themselves.
/// </summary>
internal sealed class VisibleFormatter(ConsoleFormatter inner) : ConsoleFormatter(inner.Name), IDisposable
{
    /// <summary>Puts itself before the console's formatters for people, of which only the names are public.</summary>
    internal static void Wrap(IServiceCollection services)
    {
        for (var at = 0; at < services.Count; at++)
        {
            if (services[at] is { ServiceType: var type, ImplementationType: { Name: not "JsonConsoleFormatter" } formatter }
                && type == typeof(ConsoleFormatter))
            {
                services[at] = ServiceDescriptor.Singleton<ConsoleFormatter>(provider =>
                    new VisibleFormatter((ConsoleFormatter)ActivatorUtilities.CreateInstance(provider, formatter)));
            }
        }
    }

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var format = logEntry.Formatter;
        var visible = new LogEntry<TState>(
            logEntry.LogLevel,
            logEntry.Category,
            logEntry.EventId,
            logEntry.State,
            logEntry.Exception,
            (state, exception) => Visible.EscapeLines(format(state, exception)));
        inner.Write(visible, scopeProvider, textWriter);
    }

    /// <inheritdoc/>
    public void Dispose() => (inner as IDisposable)?.Dispose();
}
