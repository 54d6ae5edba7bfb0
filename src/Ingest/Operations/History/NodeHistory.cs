using Ingest.Operations.Status;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Operations.History;

/// <summary>
/// The last hour of the node, a second each, kept in memory of a fixed size from the start of the process. Looking once a second is also
/// what tells since when something is wrong.
/// </summary>
internal sealed class NodeHistory(StatusReader status, HistoryRecorder recorder, TimeProvider time, ILogger<NodeHistory> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _looking = Task.CompletedTask;
    private bool _failed;

    /// <summary>The seconds.</summary>
    internal HistoryRing Ring { get; } = new();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _looking = LookAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _looking;
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    /// <summary>Looks once. The looking task only, and tests.</summary>
    internal void LookOnce()
    {
        try
        {
            if (recorder.Record(status.Read()) is { } sample)
            {
                Ring.Add(sample);
            }
            _failed = false;
        }
        catch (Exception e)
        {
            // A second that is missing is shown as one; said once, not each second.
            if (!_failed)
            {
                Log.SecondMissing(logger, e.Message);
            }
            _failed = true;
        }
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Second, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                LookOnce();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
