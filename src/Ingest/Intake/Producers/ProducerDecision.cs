namespace Ingest.Intake.Producers;

/// <summary>What becomes of a request of a known producer, decided without touching anything.</summary>
internal static class ProducerDecision
{
    /// <summary>Requests of one producer that may be under way at once.</summary>
    internal const int InFlightMax = 5;

    /// <summary>
    /// Decides by what is stored and by what was given out. <see cref="ProducerOutcome.Reserved"/>: the numbers are next.
    /// </summary>
    internal static ProducerClaim Decide(ProducerEntry entry, in ProducerMark mark, int count)
    {
        if (mark.Epoch < entry.ClaimedEpoch)
        {
            return new ProducerClaim(ProducerOutcome.Fenced, entry.ClaimedEpoch, entry.ClaimedNext);
        }
        var next = mark.Epoch > entry.ClaimedEpoch ? 0 : entry.ClaimedNext;
        if (mark.First >= next)
        {
            return mark.First > next
                ? new ProducerClaim(ProducerOutcome.Gap, mark.Epoch, next)
                : new ProducerClaim(entry.Pending < InFlightMax ? ProducerOutcome.Reserved : ProducerOutcome.Busy);
        }
        if (mark.Epoch == entry.Epoch && mark.First + count <= entry.Next)
        {
            return DecideStored(entry, mark, count);
        }
        return entry.Tail is { } tail
            ? new ProducerClaim(ProducerOutcome.InFlight, Settled: tail.Settled)
            : new ProducerClaim(ProducerOutcome.Conflict, entry.ClaimedEpoch, entry.ClaimedNext);
    }

    // All of its numbers are stored. A repeat is the same request: cut in another way, or with another body, it is another one.
    private static ProducerClaim DecideStored(ProducerEntry entry, in ProducerMark mark, int count)
    {
        var position = 0L;
        foreach (var request in entry.Remembered)
        {
            if (request.First == mark.First && request.Count == count && request.Fingerprint == mark.Fingerprint)
            {
                position = request.Position;
            }
            else if (request.First < mark.First + count && mark.First < request.First + request.Count)
            {
                return new ProducerClaim(ProducerOutcome.Conflict, entry.Epoch, entry.ClaimedNext);
            }
        }
        return new ProducerClaim(ProducerOutcome.Repeat, Position: position);
    }
}
