using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Accounting;

/// <summary>
/// Events between the settled position and the last one read, and which of them are settled. Events settle in any order; the position moves
/// over the contiguous settled prefix only. Pure; lane loop only.
/// </summary>
/// <remarks>
/// A ring of one 8-byte entry an event: 3 bits settlement, 10 bits stream, 51 bits time of acceptance. It grows as needed up to its
/// capacity, which bounds both memory and how far delivery may run ahead of an event that is stuck.
/// </remarks>
internal sealed class AckTracker
{
    private const int SettlementBits = 3;
    private const int StreamBits = 10;
    private const int TimeShift = SettlementBits + StreamBits;
    private const ulong SettlementMask = (1 << SettlementBits) - 1;
    private const int EntriesMin = 1024;

    private readonly int _capacity;
    private ulong[] _ring = new ulong[EntriesMin];

    // Numbers that were never given out, between the settled position and the last one read, in order: they have no entries.
    private readonly Queue<(long First, long Last)> _skips = new();

    // How many of them lie before the settled position.
    private long _passed;

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
    public int Room => _capacity - Tracked;

    /// <summary>When the oldest event not settled was accepted, Unix ms; null when none is tracked or its time is not known.</summary>
    public long? OldestAcceptedUnixMs =>
        Tracked > 0 && SkippedFrom(Settled + 1) == 0 && Entry(Settled + 1) >> TimeShift is > 0 and var ms ? (long)ms : null;

    /// <summary>Takes up the next event.</summary>
    public void Track(int stream, long acceptedUnixMs)
    {
        if (Room < 1)
        {
            throw new InvalidOperationException("Tracking runs too far ahead of the settled position.");
        }
        Append(((ulong)Math.Max(acceptedUnixMs, 0) << TimeShift) | ((uint)stream << SettlementBits));
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

    /// <summary>Takes up the next <paramref name="count"/> numbers as never given out: they need no room.</summary>
    public void TrackSkipped(long count)
    {
        if (count > 0)
        {
            _skips.Enqueue((Last + 1, Last + count));
            Last += count;
        }
    }

    /// <summary>Settles one event. Settling it again is an error: it would be counted twice.</summary>
    public void Settle(long sequence, Settlement settlement)
    {
        if (sequence <= Settled || sequence > Last || settlement == Settlement.Pending)
        {
            throw new ArgumentOutOfRangeException(nameof(sequence), sequence, "Not between the settled position and the last event read.");
        }
        ref var entry = ref Entry(sequence);
        if ((entry & SettlementMask) != 0)
        {
            throw new InvalidOperationException("An event settles once.");
        }
        entry |= (ulong)settlement;
        SettledAhead++;
    }

    /// <summary>Settles every event of a batch as delivered.</summary>
    public void SettleDelivered(EventBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            Settle(batch.SequenceAt(i), Settlement.Delivered);
        }
    }

    /// <summary>A parked event that the position has not passed yet was delivered or dead-lettered after all.</summary>
    public void Resettle(long sequence, Settlement settlement)
    {
        if (sequence <= Settled || sequence > Last)
        {
            throw new ArgumentOutOfRangeException(nameof(sequence), sequence, "Not between the settled position and the last event read.");
        }
        ref var entry = ref Entry(sequence);
        if ((Settlement)(entry & SettlementMask) != Settlement.Parked)
        {
            throw new InvalidOperationException("Only a parked event settles once more.");
        }
        entry = (entry & ~SettlementMask) | (ulong)settlement;
    }

    /// <summary>
    /// The delivered events ahead of the position, as distances from it: gap and length of each run, in order. Not more than
    /// <paramref name="runsMax"/> runs, and those next to the position first.
    /// </summary>
    public List<(long Gap, long Length)> DeliveredAhead(int runsMax)
    {
        var runs = new List<(long Gap, long Length)>();
        long gap = 0, length = 0;
        for (var sequence = Settled + 1; SettledAhead > 0 && sequence <= Last && runs.Count < runsMax; sequence++)
        {
            var skipped = SkippedFrom(sequence);
            if (skipped == 0 && (Settlement)(Entry(sequence) & SettlementMask) == Settlement.Delivered)
            {
                length++;
                continue;
            }
            if (length > 0)
            {
                runs.Add((gap, length));
                (gap, length) = (0, 0);
            }
            gap += Math.Max(skipped, 1);
            sequence += Math.Max(skipped - 1, 0);
        }
        if (length > 0 && runs.Count < runsMax)
        {
            runs.Add((gap, length));
        }
        return runs;
    }

    /// <summary>Moves the position over what is settled and reports each event passed. Returns whether it moved.</summary>
    public bool Advance(LaneAccounts accounts)
    {
        var before = Settled - _passed;
        var first = Settled;
        while (Settled < Last)
        {
            if (_skips.TryPeek(out var skip) && skip.First == Settled + 1)
            {
                _skips.Dequeue();
                _passed += skip.Last - skip.First + 1;
                Settled = skip.Last;
                accounts.SkipNeedsLock(Settled);
                continue;
            }
            var entry = Entry(Settled + 1);
            if ((entry & SettlementMask) == 0)
            {
                break;
            }
            Settled++;
            accounts.AddNeedsLock(
                Settled, (int)(entry >> SettlementBits) & ((1 << StreamBits) - 1), (Settlement)(entry & SettlementMask));
        }
        SettledAhead -= (int)(Settled - _passed - before);
        return Settled != first;
    }

    private int Tracked => _skips.Count == 0 ? (int)(Last - Settled) : (int)(Place(Last) - (Settled - _passed));

    // How many numbers from this one on were never given out.
    private long SkippedFrom(long sequence)
    {
        if (_skips.Count > 0)
        {
            foreach (var (first, last) in _skips)
            {
                if (first <= sequence && sequence <= last)
                {
                    return last - sequence + 1;
                }
            }
        }
        return 0;
    }

    // The number without those before it that were never given out.
    private long Place(long sequence) => _skips.Count == 0 ? sequence - _passed : PlaceBehindSkips(sequence);

    private long PlaceBehindSkips(long sequence)
    {
        var place = sequence - _passed;
        foreach (var (first, last) in _skips)
        {
            place -= last <= sequence ? last - first + 1 : 0;
        }
        return place;
    }

    private void Append(ulong entry)
    {
        if (Tracked == _ring.Length)
        {
            Grow();
        }
        Last++;
        Entry(Last) = entry;
    }

    private ref ulong Entry(long sequence) => ref _ring[Place(sequence) & (_ring.Length - 1)];

    private void Grow()
    {
        var grown = new ulong[_ring.Length * 2];
        var settled = Settled - _passed;
        for (var place = settled + 1; place <= settled + _ring.Length; place++)
        {
            grown[place & (grown.Length - 1)] = _ring[place & (_ring.Length - 1)];
        }
        _ring = grown;
    }
}
