using Ingest.Drain;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Ends the process when a signal asked for its end and it is still there after every wait of a drain: a thread that waits for a disk
/// which stands still cannot be ended otherwise. What was acknowledged is on disk, and recovery finds it.
/// </summary>
/// <param name="options">How long the waits of a drain take together.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told before the process ends.</param>
/// <param name="exit">Ends the process with this code; null: really.</param>
internal sealed class ExitDeadline(DrainOptions options, TimeProvider time, ILogger logger, Action<int>? exit = null) : IDisposable
{
    /// <summary>Beyond the waits: requests' last answers, the last flush, attempts' grace, closing the sinks.</summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    // As after a failed flush: recovery decides at the next start.
    private const int LogFailedCode = 4;

    private readonly Lock _lock = new();
    private ITimer? _timer;

    /// <summary>The time runs from the first call on. Any thread.</summary>
    internal void Begin()
    {
        lock (_lock)
        {
            _timer ??= time.CreateTimer(static self => ((ExitDeadline)self!).End(), this, Limit, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The process ends by itself.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
        }
    }

    private TimeSpan Limit => options.Total + Margin;

    private void End()
    {
        try
        {
            Log.ExitOverdue(logger, Limit);
        }
        finally
        {
            (exit ?? Environment.Exit)(LogFailedCode);
        }
    }
}
