using Ingest.Health;
using Ingest.Health.Memory;
using Ingest.Hosting.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Orders the life of a node's stations: opened before the server listens, started once it does, drained before it stops, so that both
/// listeners serve health and progress until the end. The container closes them.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="open">Makes the stations, which opens them.</param>
/// <param name="context">The node's settings and services.</param>
/// <param name="lifetime">Ended by a node that has drained to exit, or whose log failed.</param>
/// <param name="application">The application around the node; null where the node is the process.</param>
internal sealed class NodeLifecycle(
    IngestNode node, Func<OpenNode> open, NodeContext context, IHostApplicationLifetime lifetime, ApplicationGuard? application)
    : IHostedLifecycleService
{
    // What small logs take: a start is not held up by large ones.
    private static readonly TimeSpan ReplayPatience = TimeSpan.FromMilliseconds(250);

    // Written by the host's thread at the end of the start, read by the one that stops it.
    private volatile bool _started;

    private readonly ILogger _logger = context.Loggers.CreateLogger<IngestNode>();

    /// <summary>Opens the stations. Nothing is accepted or sent yet.</summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">The data directory cannot be used; the message says why.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        NodeMemory.Fit(node.Settings, MemoryAllowance.Read(), _logger);
        node.Open(open());
        _ = LeaveAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Accepts and delivers: the server listens, and the gate is shut until here.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        application?.ThrowIfOpen();
        // So that after most starts repeats are known at once, and no request is answered `starting` for it.
        var known = Task.WhenAll(node.Stations.Replay.Ended, node.Stations.Producers.Recovered);
        await Task.WhenAny(known, Task.Delay(ReplayPatience, context.Time, cancellationToken));
        Start(node.Stations);
        _started = true;
        node.Drain.Begin();
        LogReady();
        _ = WatchLogAsync(node.Stations);
    }

    /// <summary>
    /// Drains a node that has started. One that has not took nothing and sends nothing: closing it is all there is to do.
    /// </summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => _started
        ? node.Drain.RequestDrain("the host stops", exitAfter: true).WaitAsync(cancellationToken)
        : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Start(OpenNode stations)
    {
        stations.Producers.Start();
        stations.Repeats.Start();
        stations.Writing.StartUpkeep(() => Disposable(stations), () => stations.Repeats.KeepFrom, () => SaveSoon(stations));
        stations.Lanes.Start();
        stations.Policy.Start();
        stations.Health.Start();
        context.Gate.Open(RefusalCode.Starting);
        stations.DeadLetters.Start(stations.Lanes);
    }

    // What is settled is read first: whatever it holds of producers has begun by then, and is seen by the second.
    private static long Disposable(OpenNode stations)
    {
        var settled = stations.Lanes.SettledSequence;
        return Math.Min(settled, stations.Producers.SavedThrough);
    }

    private static void SaveSoon(OpenNode stations)
    {
        stations.Repeats.SaveSoon();
        stations.Producers.SaveSoon();
    }

    private void LogReady()
    {
        var name = node.Settings.Get<NodeOptions>().NameOrMachine;
        if (application is null)
        {
            var listen = node.Settings.Get<ListenerOptions>();
            Log.Ready(_logger, name, listen.Intake, listen.Admin, context.DataPath);
        }
        else
        {
            var addresses = application.Addresses;
            Log.ReadyInApplication(_logger, name, addresses.Count > 0 ? string.Join(", ", addresses) : "no address", context.DataPath);
        }
    }

    // A drained node that is to exit, or one whose log failed, takes the process with it.
    private async Task LeaveAsync()
    {
        await node.Exit;
        lifetime.StopApplication();
    }

    // A failed log ends the process: what it has can only be told by recovery. Waiters were answered by the queue; lanes get no time,
    // because the disk that failed would have to take their cursors.
    private static async Task WatchLogAsync(OpenNode stations)
    {
        await stations.Writing.Queue.Failed;
        _ = stations.Drain.RequestDrain("the log failed", exitAfter: true, TimeSpan.Zero);
        stations.Drain.SkipWaits("the log failed");
    }
}
