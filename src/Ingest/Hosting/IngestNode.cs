using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Health.Memory;
using Ingest.Health.Policy;
using Ingest.Hosting.Dialects;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Dialects;
using Ingest.Intake.Http;
using Ingest.Operations.Audit;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting;

/// <summary>
/// A node: the log, what writes it, what delivers it, and what watches over both. Opened before anything listens, started when something
/// does, and stopped by its drain.
/// </summary>
public sealed class IngestNode : IAsyncDisposable
{
    // What small logs take: a start is not held up by large ones.
    private static readonly TimeSpan RecallPatience = TimeSpan.FromMilliseconds(250);

    private readonly NodeContext _parts;
    private readonly ProjectionOptions? _projection;
    private readonly TaskCompletionSource _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeLog? _writing;
    private DeadLetterStore? _deadLetters;
    private LaneSet? _lanes;
    private int _disposed;
    private NodeHealth? _health;
    private PolicyFile? _policy;
    private IntakeEndpoint? _intake;
    private IdempotencyReplay? _recall;

    /// <summary>A node that has not touched the disk yet.</summary>
    /// <param name="settings">Bound and checked.</param>
    /// <param name="sinks">One factory per kind of sink.</param>
    /// <param name="instruments">Where things are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For everyone's messages.</param>
    /// <param name="dialects">Dialects of the application, beside those of the library.</param>
    /// <param name="projections">Kinds of projections of the dead letters, for <c>Operations:Store</c>.</param>
    /// <exception cref="SettingsException">A setting names what there is not.</exception>
    public IngestNode(
        NodeSettings settings,
        IEnumerable<ISinkFactory> sinks,
        Instruments instruments,
        TimeProvider time,
        ILoggerFactory loggers,
        IEnumerable<IDialect>? dialects = null,
        IEnumerable<IDeadLetterProjectionFactory>? projections = null)
    {
        _projection = NodeDeadLetters.Projection(settings, [.. projections ?? []]);
        _parts = new NodeContext(settings, [.. sinks], instruments, time, loggers);
        Dialects = new NodeDialects(this, settings, dialects ?? []);
        Audit = new AuditTrail(Path.Combine(_parts.DataPath, "audit"), time, loggers.CreateLogger<AuditTrail>());
        var health = settings.Get<HealthOptions>();
        Advice = new Ingest.Health.Advice.RetryAdvice(health.RetryAfterMax, new Random());
        Drain = new DrainController(
            settings.Get<DrainOptions>(), new NodeDrain(this, _parts), time, loggers.CreateLogger<DrainController>());
    }

    /// <summary>The settings the node was made from.</summary>
    public NodeSettings Settings => _parts.Settings;

    /// <summary>The sequence that stops the node.</summary>
    public DrainController Drain { get; }

    /// <summary>What probes are answered.</summary>
    public HealthState Health => (_health ?? throw NotOpen()).State;

    /// <summary>Whether intake accepts, and why not.</summary>
    public AdmissionGate Gate => _parts.Gate;

    /// <summary>The lanes.</summary>
    public LaneSet Lanes => _lanes ?? throw NotOpen();

    /// <summary>The operator's hand on the running node.</summary>
    public PolicyFile Policy => _policy ?? throw NotOpen();

    /// <summary>What operators did.</summary>
    public AuditTrail Audit { get; }

    /// <summary>Events that sinks refused.</summary>
    public DeadLetterStore DeadLetters => _deadLetters ?? throw NotOpen();

    /// <summary>Ends when the node is to leave: drained with the wish to exit, or because the log failed.</summary>
    public Task Exit => _exit.Task;

    /// <summary>Ends when there is something to drain. Never, where the node cannot be opened.</summary>
    internal Task Opened => _opened.Task;

    /// <summary>Why the log failed; null while it is sound.</summary>
    public string? LogFailure => _writing is { } writing
        ? writing.Log.Poison?.Message ?? (writing.Queue.Failed.IsCompletedSuccessfully ? writing.Queue.Failed.Result : null)
        : null;

    /// <summary>Bytes of requests' bodies intake takes at most, decompressed or not.</summary>
    public long BodyBytesMax => Settings.Get<IntakeOptions>().BodyBytesMax;

    /// <summary>Where the log lies, absolute.</summary>
    public string LogDirectory => _parts.WalPath;

    internal IntakeEndpoint Intake => _intake ?? throw NotOpen();

    internal Ingest.Health.Advice.RetryAdvice Advice { get; }

    internal NodeDialects Dialects { get; }

    internal NodeLog Writing => _writing ?? throw NotOpen();

    /// <summary>What is still to be delivered, by the lane that has most of it.</summary>
    internal DrainBacklog Backlog
    {
        get
        {
            var statuses = Lanes.Statuses;
            var events = statuses.Select(lane => lane.PendingEvents).DefaultIfEmpty().Max();
            var oldest = statuses.Select(lane => lane.LagSeconds).DefaultIfEmpty().Max();
            return new DrainBacklog(events, PendingBytes(events), TimeSpan.FromSeconds(oldest));
        }
    }

    /// <summary>Opens the log and the lanes. Nothing is accepted or sent yet.</summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">The data directory cannot be used; the message says why.</exception>
    public void Open()
    {
        NodeMemory.Fit(Settings, MemoryAllowance.Read(), _parts.Loggers.CreateLogger<IngestNode>());
        _writing = NodeLog.Open(_parts);
        _policy = NewPolicy();
        _intake = NewIntake();
        Dialects.Open();
        _recall = new IdempotencyReplay(
            _writing.Log,
            _intake.Idempotency,
            Settings.Get<IntakeOptions>().IdempotencyWindow,
            _parts.Time,
            _parts.Loggers.CreateLogger<IdempotencyReplay>());
        _deadLetters = NodeDeadLetters.Open(_parts, _writing.Log, _projection);
        _lanes = NewLanes();
        _health = new NodeHealth(this, _parts);
        _opened.SetResult();
    }

    /// <summary>
    /// Waits a moment for what tells repeats from new requests, so that after most starts nobody is told to come back for it.
    /// </summary>
    internal Task RecallAsync() =>
        Task.WhenAny(_recall!.Ended, Task.Delay(RecallPatience, _parts.Time));

    /// <summary>Accepts and delivers.</summary>
    /// <param name="application">Where the application around the node listens; null: the node listens itself.</param>
    internal void Start(IReadOnlyList<string>? application = null)
    {
        Writing.StartUpkeep(() => Lanes.SettledSequence, () => _recall!.KeepFrom);
        Lanes.Start();
        Policy.Start();
        DeadLetters.Start(Lanes);
        _health!.Start();
        _parts.Gate.Open(RefusalCode.Starting);
        LogReady(application);
        _ = WatchLogAsync();
    }

    /// <summary>Stops what runs. Drain first: this waits for nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }
        await Drain.DisposeAsync();
        _health?.Dispose();
        if (_policy is not null)
        {
            await _policy.DisposeAsync();
        }
        _intake?.Dispose();
        if (_recall is not null)
        {
            await _recall.DisposeAsync();
        }
        if (_lanes is not null)
        {
            await _lanes.DisposeAsync();
        }
        if (_deadLetters is not null)
        {
            await _deadLetters.DisposeAsync();
        }
        if (_writing is not null)
        {
            await _writing.DisposeAsync();
        }
        Audit.Dispose();
    }

    internal void RequestExit() => _exit.TrySetResult();

    internal void HurryLanes() => _ = Lanes.DrainAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);

    /// <summary>Lanes run at their own pace again; those that were stopped are opened again.</summary>
    internal void StartLanes()
    {
        if (Lanes.IsStopped)
        {
            Lanes.Start();
        }
        else
        {
            Lanes.EndDrain();
        }
    }

    private void LogReady(IReadOnlyList<string>? application)
    {
        var logger = _parts.Loggers.CreateLogger<IngestNode>();
        var name = Settings.Get<NodeOptions>().NameOrMachine;
        if (application is null)
        {
            var listen = Settings.Get<ListenerOptions>();
            Log.Ready(logger, name, listen.Intake, listen.Admin, _parts.DataPath);
        }
        else
        {
            Log.ReadyInApplication(logger, name, application.Count > 0 ? string.Join(", ", application) : "no address", _parts.DataPath);
        }
    }

    private IntakeEndpoint NewIntake()
    {
        var options = Settings.Get<IntakeOptions>();
        return new IntakeEndpoint(
            options,
            new StreamDirectory(
                options,
                Writing.Totals.Snapshot().Select(total => total.Stream),
                _parts.Time,
                () => _lanes is null ? TimeSpan.MaxValue : Backlog.OldestAge),
            _parts.Gate,
            (batch, stream, cancel) => Writing.Queue.SubmitAsync(batch, stream, cancel),
            new NodeAdvice(Advice),
            _parts.Instruments,
            _parts.Time,
            _parts.Loggers.CreateLogger<IntakeEndpoint>());
    }

    private LaneSet NewLanes()
    {
        var lanes = NodeLanes.Create(_parts, Writing.Log, DeadLetters, only: []);
        lanes.SetBreakerFailureRatio(Policy.Current.Document.CircuitBreakerThreshold);
        return lanes;
    }

    private PolicyFile NewPolicy()
    {
        // With the log elsewhere nobody may have needed it yet; a directory that is not there cannot be watched.
        Directory.CreateDirectory(_parts.DataPath);
        var logger = _parts.Loggers.CreateLogger<PolicyFile>();
        return new PolicyFile(_parts.PolicyPath, _parts.Gate, _parts.Instruments, _parts.Time, logger)
        {
            Changed = document => _lanes?.SetBreakerFailureRatio(document.CircuitBreakerThreshold),
        };
    }

    // A failed log ends the process: what it has can only be told by recovery. Waiters were answered by the queue; lanes get no time,
    // because the disk that failed would have to take their cursors.
    private async Task WatchLogAsync()
    {
        await Writing.Queue.Failed;
        _ = Drain.RequestDrain("the log failed", exitAfter: true, TimeSpan.Zero);
        Drain.SkipWaits("the log failed");
    }

    private long PendingBytes(long events)
    {
        var log = Writing.Log;
        // Among them there may be numbers that were never given out.
        return events == 0 ? 0 : log.BytesBehind(Math.Min(log.DurableSequence - events, Lanes.SettledSequence));
    }

    private static InvalidOperationException NotOpen() => new("The node has not been opened.");
}
