using Ingest.Drain;

namespace Ingest.Tests.Hosting.Replacement;

/// <summary>Steps of a drain that move nothing, and tell what was asked of them.</summary>
internal sealed class RecordedSteps : IDrainSteps
{
    private readonly Lock _lock = new();
    private readonly List<string> _taken = [];

    /// <summary>The steps so far, in their order.</summary>
    internal IReadOnlyList<string> Taken
    {
        get
        {
            lock (_lock)
            {
                return [.. _taken];
            }
        }
    }

    public int RequestsInFlight => 0;

    public DrainBacklog Backlog => new(0, 0, TimeSpan.Zero);

    public void Announce() => Note("announce");

    public void Refuse() => Note("refuse");

    public Task CommitAsync() => NoteAsync("commit");

    public void Hurry() => Note("hurry");

    public Task SaveAsync() => NoteAsync("save");

    public Task ResumeDeliveryAsync() => NoteAsync("resume delivery");

    public Task ReopenQueueAsync() => NoteAsync("reopen queue");

    public void Accept() => Note("accept");

    public void Withdraw() => Note("withdraw");

    public void Exit() => Note("exit");

    private Task NoteAsync(string step)
    {
        Note(step);
        return Task.CompletedTask;
    }

    private void Note(string step)
    {
        lock (_lock)
        {
            _taken.Add(step);
        }
    }
}
