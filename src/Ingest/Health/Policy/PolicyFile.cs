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

    // Under the lock: the file as it was last read and what is wrong with that, and whether it was there the last time.
    private byte[]? _seen;
    private string? _mistake;
    private bool _missed;
    private DateTimeOffset? _appliedAt;
    private long _changes;
    private string? _error;
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
                return new PolicyStatus(_path, Current.Document, _appliedAt, _changes, _error) { SyncTook = _syncTook };
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

    /// <summary>The same, unless somebody else has changed the policy meanwhile.</summary>
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
        OperatorPolicy? applied;
        lock (_lock)
        {
            var start = _time.GetTimestamp();
            applied = ReadNeedsLock();
            if (applied is not null)
            {
                _syncTook = _time.GetElapsedTime(start);
                _instruments.PolicySyncDuration.Record(_syncTook.TotalSeconds);
            }
        }
        if (applied is not null)
        {
            Log.PolicyApplied(_logger, _path, applied.Document.Enabled, applied.Document.RateLimit);
            Changed?.Invoke(applied.Document);
        }
    }

    private OperatorPolicy? ReadNeedsLock()
    {
        byte[]? content;
        try
        {
            content = PolicyStore.Read(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Reject(e.Message);
            return null;
        }
        // Some editors remove the file and write it anew: it counts as gone when it is missing twice in a row.
        var gone = content is null && _seen is not null;
        if (gone && !_missed)
        {
            _missed = true;
            return null;
        }
        _missed = false;
        if (content is null ? !gone : content.AsSpan().SequenceEqual(_seen))
        {
            // Unreadable for a while and now the same as before: what was wrong with it then, if anything, still is.
            _error = _mistake;
            return null;
        }
        _seen = content;
        _mistake = PolicyDocument.Parse(content ?? "{}"u8, out var document);
        if (_mistake is not null)
        {
            Reject(_mistake);
            return null;
        }
        return Apply(document);
    }

    private OperatorPolicy Apply(PolicyDocument document)
    {
        var policy = new OperatorPolicy(document, _time, Current);
        _gate.Policy = policy;
        (_appliedAt, _error) = (_time.GetUtcNow(), null);
        _changes++;
        if (document.Enabled)
        {
            _gate.Open(RefusalCode.PolicyRefused, Owner);
        }
        else
        {
            _gate.Close(RefusalCode.PolicyRefused, "The operator has switched intake off.", Owner);
        }
        return policy;
    }

    private void Reject(string error)
    {
        if (error != _error)
        {
            Log.PolicyRejected(_logger, _path, error);
        }
        _error = error;
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _noticed.WaitAsync(ReadInterval);
            if (!_stop.IsCancellationRequested)
            {
                Read();
            }
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
