namespace Ingest.Intake.Producers;

/// <summary>A request of a producer whose answer is remembered.</summary>
/// <param name="First">The number of its first event.</param>
/// <param name="Count">How many events.</param>
/// <param name="Position">Where in the log the first is.</param>
/// <param name="Fingerprint">What it brought.</param>
internal readonly record struct RememberedRequest(long First, int Count, long Position, ulong Fingerprint);

/// <summary>One producer. Under the lock of its <see cref="ProducerSequences"/>.</summary>
/// <param name="identity">Whose it is.</param>
internal sealed class ProducerEntry(UInt128 identity)
{
    /// <summary>Requests whose answers are remembered with their positions.</summary>
    internal const int RememberedMax = 5;

    internal UInt128 Identity => identity;

    /// <summary>The epoch of the last stored event.</summary>
    internal long Epoch { get; private set; }

    /// <summary>The number behind that of the last stored event; 0 while nothing is stored.</summary>
    internal long Next { get; private set; }

    /// <summary>The highest epoch that was claimed: earlier ones are fenced.</summary>
    internal long ClaimedEpoch { get; set; }

    /// <summary>The number behind the last one that was given to a request.</summary>
    internal long ClaimedNext { get; set; }

    /// <summary>The last request that is not settled; null where all are.</summary>
    internal ProducerReservation? Tail { get; set; }

    /// <summary>Requests that are not settled.</summary>
    internal int Pending { get; set; }

    /// <summary>Counts the times that numbers given out were taken back.</summary>
    internal int Run { get; set; }

    /// <summary>When it was used last, by the monotonic clock.</summary>
    internal long Used { get; set; }

    /// <summary>The requests that are remembered, the latest last.</summary>
    internal RememberedRequest[] Remembered { get; private set; } = [];

    /// <summary>The neighbours by last use.</summary>
    internal ProducerEntry? Older { get; set; }

    internal ProducerEntry? Newer { get; set; }

    /// <summary>Takes over a stored request. Numbers never go backwards: one that is known already changes nothing.</summary>
    internal void Advance(long epoch, RememberedRequest request)
    {
        var next = request.First + request.Count;
        if (epoch < Epoch || (epoch == Epoch && next <= Next))
        {
            return;
        }
        var kept = epoch == Epoch ? Remembered : [];
        kept = kept.Length < RememberedMax ? kept : kept[1..];
        (Epoch, Next, Remembered) = (epoch, next, [.. kept, request]);
    }

    /// <summary>Takes over what a file has of it, unless more is known.</summary>
    internal void Restore(long epoch, long next, RememberedRequest[] remembered)
    {
        if (epoch > Epoch || (epoch == Epoch && next > Next))
        {
            (Epoch, Next, Remembered) = (epoch, next, remembered);
        }
    }

    /// <summary>Forgets which numbers were given to requests that are not stored.</summary>
    internal void TakeBack()
    {
        ClaimedEpoch = Math.Max(ClaimedEpoch, Epoch);
        ClaimedNext = ClaimedEpoch == Epoch ? Next : 0;
        Tail = null;
        Run++;
    }
}
