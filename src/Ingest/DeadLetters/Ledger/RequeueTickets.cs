namespace Ingest.DeadLetters.Ledger;

/// <summary>Progress of the last requeues, by ticket. Not thread-safe: the ledger's lock guards it.</summary>
internal sealed class RequeueTickets
{
    /// <summary>Requeues remembered.</summary>
    internal const int TicketsMax = 256;

    private readonly SortedDictionary<long, RequeueTicket> _tickets = [];

    /// <summary>The progress of a requeue; null when it is not remembered.</summary>
    internal RequeueTicket? Find(long ticket) => _tickets.GetValueOrDefault(ticket);

    /// <summary>Notes that a requeue marked more letters.</summary>
    internal void Open(long ticket, int letters)
    {
        _tickets[ticket] = _tickets.TryGetValue(ticket, out var known)
            ? known with { Letters = known.Letters + letters }
            : new RequeueTicket(ticket, letters, 0, 0, 0);
        while (_tickets.Count > TicketsMax)
        {
            _tickets.Remove(_tickets.Keys.First());
        }
    }

    internal void Delivered(long ticket) => Count(ticket, static known => known with { Delivered = known.Delivered + 1 });

    internal void Refused(long ticket) => Count(ticket, static known => known with { Refused = known.Refused + 1 });

    internal void Dropped(long ticket) => Count(ticket, static known => known with { Dropped = known.Dropped + 1 });

    private void Count(long ticket, Func<RequeueTicket, RequeueTicket> count)
    {
        if (ticket != 0 && _tickets.TryGetValue(ticket, out var known))
        {
            _tickets[ticket] = count(known);
        }
    }
}
