namespace Ingest.Publishing.Scheduling;

/// <summary>
/// The flights of a lane, oldest events first, and the rule that keeps events of one key in order: what failed is sent again before
/// anything later of its keys. Pure; lane loop only.
/// </summary>
/// <param name="concurrent">
/// True: flights that share no group of keys go at once, each on its own. False: batches are consecutive, and after a failure everything
/// else lands before the failed flights go again, one after another.
/// </param>
internal sealed class BatchDeliveries(bool concurrent)
{
    private readonly List<BatchDelivery> _flights = [];

    internal int Count => _flights.Count;

    internal IReadOnlyList<BatchDelivery> All => _flights;

    internal int InFlight { get; private set; }

    internal int InFlightEvents { get; private set; }

    /// <summary>Groups of all flights, in flight or waiting.</summary>
    internal ulong Busy
    {
        get
        {
            var busy = 0UL;
            foreach (var flight in _flights)
            {
                busy |= flight.Groups;
            }
            return busy;
        }
    }

    /// <summary>Whether events not sent before may go now, if their keys are free.</summary>
    internal bool TakesNew => concurrent || InFlight == _flights.Count;

    /// <summary>The flight to send again now; null when none may go.</summary>
    internal BatchDelivery? NextRetry(TimeSpan now)
    {
        if (!concurrent)
        {
            return InFlight == 0 && _flights.Count > 0 && _flights[0].Due <= now ? _flights[0] : null;
        }
        var earlier = 0UL;
        foreach (var flight in _flights)
        {
            if (!flight.IsInFlight && flight.Due <= now && (flight.Groups & earlier) == 0)
            {
                return flight;
            }
            earlier |= flight.Groups;
        }
        return null;
    }

    /// <summary>When the next waiting flight is due after <paramref name="now"/>; null when none is.</summary>
    internal TimeSpan? NextDue(TimeSpan now)
    {
        TimeSpan? next = null;
        foreach (var flight in _flights)
        {
            if (!flight.IsInFlight && flight.Due > now && (next is null || flight.Due < next))
            {
                next = flight.Due;
            }
        }
        return next;
    }

    /// <summary>The oldest flight that waits; null when none does.</summary>
    internal BatchDelivery? OldestWaiting() => _flights.Find(flight => !flight.IsInFlight);

    internal void Add(BatchDelivery flight) => _flights.Add(flight);

    internal void InsertBefore(BatchDelivery next, BatchDelivery flight) => _flights.Insert(_flights.IndexOf(next), flight);

    internal void Remove(BatchDelivery flight) => _flights.Remove(flight);

    internal void Launched(BatchDelivery flight)
    {
        flight.IsInFlight = true;
        InFlight++;
        InFlightEvents += flight.Batch.Count;
    }

    internal void Landed(BatchDelivery flight)
    {
        flight.IsInFlight = false;
        InFlight--;
        InFlightEvents -= flight.Batch.Count;
    }

    /// <summary>Lets everything that waits go at once.</summary>
    internal void SkipWaits()
    {
        foreach (var flight in _flights)
        {
            flight.Due = TimeSpan.Zero;
        }
    }
}
