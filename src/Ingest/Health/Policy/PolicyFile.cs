using Microsoft.Extensions.Logging;

namespace Ingest.Health.Policy;

/// <summary>
/// Keeps the policy in force the same as the operator's file. The file is watched and, because watching misses changes (network file
/// systems, swapped links), also read once a second. A file that cannot be read or is wrong changes nothing but the status.
/// </summary>
public sealed class PolicyFile : IAsyncDisposable
{
    private const string Owner = "policy";

    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly AdmissionGate _gate;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimedSignal _noticed;
    private readonly Lock _lock = new();
    private FileSystemWatcher? _watcher;
    private Task _loop = Task.CompletedTask;

    private readonly WatchedFile<OperatorPolicy> _file;

    // Under the lock.
    private DateTimeOffset? _appliedAt;
    private long _changes;
    private TimeSpan _syncTook;

    /// <summary>Reads the file if it is there, so that the first request already meets it; <see cref="Start"/> goes on watching.</summary>
    /// <param name="path">Where it is; it need not exist.</param>
    /// <param name="gate">Given each policy; closed while the policy refuses everything.</param>
    /// <param name="instruments">For the time a change takes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For changes and mistakes.</param>
    public PolicyFile(string path, AdmissionGate gate, Instruments instruments, TimeProvider time, ILogger<PolicyFile> logger)
    {
        (_path, _gate, _instruments, _time, _logger) = (Path.GetFullPath(path), gate, instruments, time, logger);
        _noticed = new TimedSignal(time);
        _file = new WatchedFile<OperatorPolicy>(() => PolicyStore.Read(_path), (content, _) => Parse(content), time)
        {
            Changed = Apply,
            Kept = reason => Log.PolicyRejected(_logger, _path, reason.Message),
        };
        Read();
    }

    /// <summary>Called with each new policy, on the thread that read it. Must be quick and must not throw.</summary>
    public Action<PolicyDocument>? Changed { get; set; }

    /// <summary>The policy in force. Any thread; one read.</summary>
    public OperatorPolicy Current => _gate.Policy;

    /// <summary>How the file is doing. Any thread.</summary>
    public PolicyStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new PolicyStatus(_path, Current.Document, _appliedAt, _changes, _file.Error?.Message) { SyncTook = _syncTook };
            }
        }
    }

    /// <summary>Starts watching.</summary>
    public void Start()
    {
        _watcher = Watch();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Checks a policy, writes it durably, and applies it before returning.</summary>
    /// <param name="json">The file's new content.</param>
    /// <returns>What is wrong with it, in one sentence; null when it is in force.</returns>
    /// <exception cref="IOException">It could not be written; the old policy stays.</exception>
    public string? Set(ReadOnlySpan<byte> json)
    {
        TrySet(json, expected: null, out var error);
        return error;
    }

    /// <summary>The same, unless the policy was changed meanwhile.</summary>
    /// <param name="json">The file's new content.</param>
    /// <param name="expected">What must still be in force; null: anything.</param>
    /// <param name="error">What is wrong with the content, in one sentence.</param>
    /// <returns>Whether it is in force. False without an error: another policy than expected was.</returns>
    /// <exception cref="IOException">It could not be written; the old policy stays.</exception>
    public bool TrySet(ReadOnlySpan<byte> json, OperatorPolicy? expected, out string? error)
    {
        error = PolicyDocument.Parse(json, out _);
        if (error is not null)
        {
            return false;
        }
        lock (_lock)
        {
            if (expected is not null && expected != Current)
            {
                return false;
            }
            PolicyStore.Write(_path, json);
            Read();
            return true;
        }
    }

    /// <summary>Ends watching.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _watcher?.Dispose();
        _noticed.Set();
        await _loop;
        _stop.Dispose();
        _noticed.Dispose();
    }

    /// <summary>Looks at the file and applies it when it is another one than before.</summary>
    internal void Read()
    {
        bool applied;
        lock (_lock)
        {
            var start = _time.GetTimestamp();
            applied = _file.Look();
            if (applied)
            {
                _syncTook = _time.GetElapsedTime(start);
                _instruments.PolicySyncDuration.TryRecord(_syncTook.TotalSeconds);
            }
        }
        if (applied)
        {
            var document = Current.Document;
            Log.PolicyApplied(_logger, _path, document.Enabled, document.RateLimit);
            Changed?.Invoke(document);
        }
    }

    private OperatorPolicy Parse(byte[]? content)
    {
        var mistake = PolicyDocument.Parse(content ?? "{}"u8, out var document);
        return mistake is null ? new OperatorPolicy(document, _time, Current) : throw new FormatException(mistake);
    }

    private void Apply(OperatorPolicy policy)
    {
        _gate.Policy = policy;
        _appliedAt = _time.GetUtcNow();
        _changes++;
        if (policy.Document.Enabled)
        {
            _gate.Open(RefusalCode.PolicyRefused, Owner);
        }
        else
        {
            _gate.Close(RefusalCode.PolicyRefused, "The operator has switched intake off.", Owner);
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _noticed.WaitAsync(ReadInterval);
            if (!_stop.IsCancellationRequested)
            {
                TryRead();
            }
        }
    }

    // The loop goes on whatever happens: the next look is due in a second, and the policy in force stays in force.
    private void TryRead()
    {
        try
        {
            Read();
        }
        catch (Exception e)
        {
            Log.PolicyLookFailed(_logger, _path, ReadInterval, e);
        }
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!, Path.GetFileName(_path));
            watcher.Changed += (_, _) => _noticed.Set();
            watcher.Created += (_, _) => _noticed.Set();
            watcher.Renamed += (_, _) => _noticed.Set();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // Too many watches, or no such directory yet: once a second is good enough.
            Log.PolicyNotWatched(_logger, _path, e.Message);
            return null;
        }
    }
}
