using Ingest.Health.Advice;
using Ingest.Health.Disk;
using Ingest.Health.Memory;
using Microsoft.Extensions.Logging;

namespace Ingest.Health;

/// <summary>
/// Looks at the node once a second, on a thread of its own so that a starved thread pool shows instead of stopping it, and tells the gate
/// and the probes. The deciding is done by <see cref="MemoryHysteresis"/>, <see cref="DiskHysteresis"/> and <see cref="CommitWatch"/>.
/// </summary>
public sealed class HealthSampler : IDisposable
{
    private readonly HealthOptions _options;
    private readonly IHealthSources _sources;
    private readonly HealthState _state;
    private readonly RetryAdvice _advice;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _origin;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    // Sampler thread only.
    private readonly MemoryWatch _memory;
    private readonly DiskWatch _disk;
    private readonly CommitWatch _commits;
    private readonly AdviceEstimate _estimate = new();
    private bool _live = true;
    private bool _sampleFailed;
    private bool _detailMissing;

    /// <summary>Looks once, so that answers are true from the start; <see cref="Start"/> goes on.</summary>
    /// <param name="options">Thresholds and intervals.</param>
    /// <param name="sources">What to look at.</param>
    /// <param name="state">What probes are answered.</param>
    /// <param name="advice">What refused clients are told.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For changes of state.</param>
    public HealthSampler(
        HealthOptions options,
        IHealthSources sources,
        HealthState state,
        RetryAdvice advice,
        TimeProvider time,
        ILogger<HealthSampler> logger)
        : this(options, sources, state, advice, time, logger, new ProcessMemory(new KernelFiles()).Read)
    {
    }

    internal HealthSampler(
        HealthOptions options,
        IHealthSources sources,
        HealthState state,
        RetryAdvice advice,
        TimeProvider time,
        ILogger logger,
        Func<MemoryReading> readMemory)
    {
        (_options, _sources, _state, _advice, _time, _logger) = (options, sources, state, advice, time, logger);
        _origin = time.GetTimestamp();
        _memory = new MemoryWatch(options, sources, readMemory, logger);
        _disk = new DiskWatch(options, sources, logger);
        _commits = new CommitWatch(options.CommitStallMax);
        _thread = new Thread(Run) { Name = "ingest-health", IsBackground = true };
        LookOnce();
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends the thread. The answers become failing when the last sample is too old.</summary>
    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }
        _stop.Dispose();
    }

    /// <summary>One look. Sampler thread only.</summary>
    internal void LookOnce()
    {
        try
        {
            _state.Publish(Look());
            _sampleFailed = false;
        }
        catch (Exception e)
        {
            // Not published: the answers turn to failing by their age, which is the truth. Said once, not every second.
            if (!_sampleFailed)
            {
                Log.SampleFailed(_logger, e);
            }
            _sampleFailed = true;
        }
    }

    private void Run()
    {
        while (!_stop.Wait(_options.SampleInterval))
        {
            LookOnce();
        }
    }

    private HealthSample Look()
    {
        var now = _time.GetElapsedTime(_origin);
        var beat = _sources.Commits;
        var notLive = NotLive(now, beat);
        var memory = _memory.Look(now);
        var (free, total) = _disk.Look(now);
        var log = Ask(static sources => sources.Log, null);
        var drain = Ask(static sources => sources.Drain, new DrainHealth("unknown", TimeSpan.Zero));
        Advise(now, new AdviceInputs(beat, _commits.Still, log, _options.Dwell, drain.Left));
        return new HealthSample
        {
            NotLive = notLive,
            Memory = memory,
            MemoryState = _memory.State,
            DiskFree = free,
            DiskTotal = total,
            DiskState = _disk.State,
            Log = log,
            SettledPerSecond = _estimate.SettledPerSecond,
            Lanes = Ask(static sources => sources.Lanes, []),
            Drain = drain,
            Uptime = now,
            Version = _sources.Version,
        };
    }

    // What is only shown may be missing; it must not make the node look dead.
    private T Ask<T>(Func<IHealthSources, T> figure, T otherwise)
    {
        try
        {
            return figure(_sources);
        }
        catch (Exception e)
        {
            if (!_detailMissing)
            {
                Log.DetailMissing(_logger, e);
            }
            _detailMissing = true;
            return otherwise;
        }
    }

    private List<HealthReason> NotLive(TimeSpan now, CommitHeartbeat beat)
    {
        var reasons = new List<HealthReason>();
        if (_commits.Observe(now, beat))
        {
            var still = _commits.Still.TotalSeconds;
            reasons.Add(new HealthReason("commit_stalled", $"No commit has ended for {still:F0} s while batches wait."));
        }
        if (_sources.LogFailure is { } failure)
        {
            reasons.Add(new HealthReason(RefusalCode.LogFailed.Text(), failure));
        }
        if (_live != (reasons.Count == 0))
        {
            _live = !_live;
            if (_live)
            {
                Log.Live(_logger);
            }
            else
            {
                Log.NotLive(_logger, string.Join(' ', reasons.Select(reason => reason.Detail)));
            }
        }
        return reasons;
    }

    private void Advise(TimeSpan now, AdviceInputs inputs)
    {
        _estimate.Observe(now, inputs);
        foreach (var code in Enum.GetValues<RefusalCode>())
        {
            _advice.Set(code, _estimate.Seconds(code, inputs));
        }
    }
}
