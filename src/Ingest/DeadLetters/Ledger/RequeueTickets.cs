namespace Ingest.DeadLetters.Ledger;

/// <summary>
/// Progress of the latest requeues, by ticket: the log position at which a requeue was recorded. Not thread-safe: the
/// ledger's lock guards it.
/// </summary>
internal sealed class RequeueTickets
{
    /// <summary>Most requeues remembered; the oldest is forgotten first.</summary>
    internal const int TicketsMax = 256;

    private readonly SortedDictionary<long, RequeueTicket> _tickets = [];

    /// <summary>The progress of a requeue; null when it is not remembered.</summary>
    internal RequeueTicket? Find(long ticket) => _tickets.GetValueOrDefault(ticket);

    /// <summary>Records that a requeue has marked further dead letters; creates the ticket on the first call.</summary>
    internal void AddLetters(long ticket, int letters)
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
