namespace Ingest.Testing;

/// <summary>Every request of an open loop, numbered from 1 without gaps. Any thread.</summary>
/// <param name="source">Makes the events' bytes.</param>
public sealed class OpenLoopJournal(EventSource source)
{
    private readonly Lock _lock = new();
    private readonly List<OpenLoopRequest> _requests = [];

    /// <summary>Makes the events' bytes.</summary>
    public EventSource Source { get; } = source;

    /// <summary>The requests so far, by number.</summary>
    public IReadOnlyList<OpenLoopRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Numbers a request that is about to be sent.</summary>
    public OpenLoopRequest Begin(long dueAt, bool fresh, bool direct = false)
    {
        lock (_lock)
        {
            var request = new OpenLoopRequest { Id = _requests.Count + 1, Fresh = fresh, DueAt = dueAt, Direct = direct };
            _requests.Add(request);
            return request;
        }
    }
}
