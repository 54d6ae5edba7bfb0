namespace Ingest.Publishing.Accounting;

/// <summary>
/// Events between the settled position and the last one read, and which of them are settled. Events settle in any order; the position moves
/// over the contiguous settled prefix only. Pure; lane loop only.
/// </summary>
/// <remarks>
/// A ring of one 8-byte entry an event: 2 bits settlement, 10 bits stream, 52 bits time of acceptance. It grows as needed up to its
/// capacity, which bounds both memory and how far delivery may run ahead of an event that is stuck.
/// </remarks>
internal sealed class AckTracker
{
    private const int StreamBits = 10;
    private const int TimeShift = 2 + StreamBits;
    private const int EntriesMin = 1024;

    private readonly int _capacity;
    private ulong[] _ring = new ulong[EntriesMin];

    /// <summary>Starts behind <paramref name="settled"/>.</summary>
    /// <param name="settled">The last settled sequence number.</param>
    /// <param name="capacity">Most events between the settled position and the last one read; at least 1.</param>
    public AckTracker(long settled, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
        (Settled, Last) = (settled, settled);
    }

    /// <summary>Everything up to here is settled.</summary>
    public long Settled { get; private set; }

    /// <summary>The last sequence number tracked.</summary>
    public long Last { get; private set; }

    /// <summary>Events behind <see cref="Settled"/> that are settled already.</summary>
    public int SettledAhead { get; private set; }

    /// <summary>How many more events may be tracked now.</summary>
    public int Room => _capacity - (int)(Last - Settled);

    /// <summary>When the oldest event not settled was accepted, Unix ms; null when none is tracked or its time is not known.</summary>
    public long? OldestAcceptedUnixMs => Last > Settled && Entry(Settled + 1) >> TimeShift is > 0 and var ms ? (long)ms : null;

    /// <summary>Takes up the next event.</summary>
    public void Track(int stream, long acceptedUnixMs)
    {
        if (Room < 1)
        {
            throw new InvalidOperationException("Tracking runs too far ahead of the settled position.");
        }
        Append(((ulong)Math.Max(acceptedUnixMs, 0) << TimeShift) | ((uint)stream << 2));
    }

    /// <summary>Takes up the next <paramref name="count"/> numbers as lost, as far as there is room. Returns how many.</summary>
    public long TrackLost(long count)
    {
        var taken = Math.Min(count, Room);
        for (var i = 0; i < taken; i++)
        {
            Append((ulong)Settlement.Lost);
            SettledAhead++;
        }
        return taken;
    }

    /// <summary>Settles one event. Settling it again is an error: it would be counted twice.</summary>
    public void Settle(long sequence, Settlement settlement)
    {
        if (sequence <= Settled || sequence > Last || settlement == Settlement.Pending)
        {
            throw new ArgumentOutOfRangeException(nameof(sequence), sequence, "Not between the settled position and the last event read.");
        }
        ref var entry = ref Entry(sequence);
        if ((entry & 3) != 0)
        {
            throw new InvalidOperationException("An event settles once.");
        }
        entry |= (ulong)settlement;
        SettledAhead++;
    }

    /// <summary>Moves the position over what is settled and reports each event passed. Returns whether it moved.</summary>
    public bool Advance(LaneAccounts accounts)
    {
        var before = Settled;
        while (Settled < Last)
        {
            var entry = Entry(Settled + 1);
            if ((entry & 3) == 0)
            {
                break;
            }
            Settled++;
            accounts.AddNeedsLock(Settled, (int)(entry >> 2) & ((1 << StreamBits) - 1), (Settlement)(entry & 3));
        }
        SettledAhead -= (int)(Settled - before);
        return Settled != before;
    }

    private void Append(ulong entry)
    {
        if (Last - Settled == _ring.Length)
        {
            Grow();
        }
        Last++;
        Entry(Last) = entry;
    }

    private ref ulong Entry(long sequence) => ref _ring[sequence & (_ring.Length - 1)];

    private void Grow()
    {
        var grown = new ulong[_ring.Length * 2];
        for (var sequence = Settled + 1; sequence <= Last; sequence++)
        {
            grown[sequence & (grown.Length - 1)] = Entry(sequence);
        }
        _ring = grown;
    }
}
