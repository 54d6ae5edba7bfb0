using Ingest.Drain;

namespace Ingest.Tests.Drain;

/// <summary>A node of counters: it notes each step, and its requests, log and disk do what the test says.</summary>
internal sealed class RecordedSteps : IDrainSteps
{
    private readonly Lock _lock = new();
    private readonly List<string> _steps = [];
    private int _inFlight;
    private long _pending;

    public string[] Steps
    {
        get
        {
            lock (_lock)
            {
                return [.. _steps];
            }
        }
    }

    public int RequestsInFlight
    {
        get => Volatile.Read(ref _inFlight);
        set => Volatile.Write(ref _inFlight, value);
    }

    public long Pending
    {
        get => Volatile.Read(ref _pending);
        set => Volatile.Write(ref _pending, value);
    }

    /// <summary>Steps that throw.</summary>
    public HashSet<string> Broken { get; } = [];

    /// <summary>A commit lasts until this ends.</summary>
    public Task Committed { get; set; } = Task.CompletedTask;

    /// <summary>Saving lasts until this ends.</summary>
    public Task Saved { get; set; } = Task.CompletedTask;

    public DrainBacklog Backlog => Broken.Contains(nameof(Backlog))
        ? throw new IOException("No counts.")
        : new DrainBacklog(Pending, Pending * 100, TimeSpan.FromSeconds(Pending));

    public void Announce() => Note(nameof(Announce));

    public void Refuse() => Note(nameof(Refuse));

    public Task CommitAsync()
    {
        Note("Commit");
        return Committed;
    }

    public void Hurry() => Note(nameof(Hurry));

    public Task SaveAsync()
    {
        Note("Save");
        return Saved;
    }

    public Task ResumeDeliveryAsync()
    {
        Note("ResumeDelivery");
        return Task.CompletedTask;
    }

    public Task ReopenQueueAsync()
    {
        Note("ReopenQueue");
        return Task.CompletedTask;
    }

    public void Accept() => Note(nameof(Accept));

    public void Withdraw() => Note(nameof(Withdraw));

    public void Exit() => Note(nameof(Exit));

    private void Note(string step)
    {
        lock (_lock)
        {
            _steps.Add(step);
            if (Broken.Contains(step))
            {
                throw new IOException($"{step} broke.");
            }
        }
    }
}
