namespace Ingest.Simulation.Model;

/// <summary>What a perfect log would hold: the truth the real one is compared with after every step.</summary>
public sealed class ReferenceLog
{
    private readonly SortedDictionary<long, Payload> _acknowledged = [];
    private readonly List<Payload> _group = [];
    private readonly List<Payload> _maybe = [];
    private readonly Dictionary<int, ReferenceCursor> _cursors = [];
    private long _highest;

    /// <summary>Where the log ends: the last number of an acknowledged record, or the last of those passed over behind it.</summary>
    public long Durable { get; private set; }

    /// <summary>The number of the next group's first record.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>How many records were acknowledged.</summary>
    public long Acknowledged => _acknowledged.Count;

    /// <summary>Records in the group being filled.</summary>
    public int Grouped => _group.Count;

    /// <summary>The highest number that ever was given to reclaim as settled: what is above it may not be gone.</summary>
    public long Settled { get; set; }

    /// <summary>The acknowledged record of this number; null when there is none.</summary>
    public Payload? this[long sequence] => _acknowledged.TryGetValue(sequence, out var payload) ? payload : null;

    /// <summary>Whether any of these numbers was acknowledged.</summary>
    public bool HasAny(long first, long last) => _acknowledged.Keys.Any(sequence => sequence >= first && sequence <= last);

    /// <summary>Records go into the group.</summary>
    public void Add(IEnumerable<Payload> records) => _group.AddRange(records);

    /// <summary>The group was acknowledged.</summary>
    public void Committed()
    {
        Acknowledge(_group);
        _group.Clear();
    }

    /// <summary>The group was refused and is nowhere.</summary>
    public void Dropped() => _group.Clear();

    /// <summary>The group was not acknowledged but may have reached the disk: after a restart all of it is there, or none.</summary>
    public void Unknown()
    {
        if (_maybe.Count == 0)
        {
            _maybe.AddRange(_group);
        }
        _group.Clear();
    }

    /// <summary>The log was opened again and says where it ends and goes on.</summary>
    public void Recovered(long durable, long next)
    {
        _group.Clear();
        if (_maybe.Count > 0 && durable >= Next + _maybe.Count - 1)
        {
            Acknowledge(_maybe);
        }
        if (durable != Durable && (durable < Durable || durable >= next || HasAny(Durable + 1, long.MaxValue)))
        {
            throw new ModelException($"After recovery the log ends at {durable}; {Durable} was acknowledged, {_maybe.Count} more perhaps.");
        }
        if (next <= _highest || next <= durable)
        {
            throw new ModelException($"After recovery the log goes on with {next}; {_highest} was given out, and it ends at {durable}.");
        }
        (Durable, Next) = (durable, next);
        _maybe.Clear();
    }

    private void Acknowledge(List<Payload> group)
    {
        foreach (var payload in group)
        {
            _acknowledged.Add(Next, payload);
            Durable = Next++;
        }
        _highest = Math.Max(_highest, Durable);
    }

    /// <summary>What is known of a cursor.</summary>
    public ReferenceCursor Cursor(int cursor)
    {
        if (!_cursors.TryGetValue(cursor, out var known))
        {
            _cursors.Add(cursor, known = new ReferenceCursor());
        }
        return known;
    }
}
