namespace Ingest.Simulation.Model;

/// <summary>What a perfect log would hold: the truth the real one is compared with after every step.</summary>
public sealed class ReferenceLog
{
    private readonly List<Payload> _acknowledged = [];
    private readonly List<Payload> _group = [];
    private readonly List<Payload> _maybe = [];
    private readonly Dictionary<int, ReferenceCursor> _cursors = [];

    /// <summary>How many records were acknowledged; also the number of the last one.</summary>
    public long Durable => _acknowledged.Count;

    /// <summary>Records in the group being filled.</summary>
    public int Grouped => _group.Count;

    /// <summary>The highest number that ever was given to reclaim as settled: what is above it may not be gone.</summary>
    public long Settled { get; set; }

    /// <summary>The acknowledged record of this number.</summary>
    public Payload this[long sequence] => _acknowledged[(int)(sequence - 1)];

    /// <summary>Records go into the group.</summary>
    public void Add(IEnumerable<Payload> records) => _group.AddRange(records);

    /// <summary>The group was acknowledged.</summary>
    public void Committed()
    {
        _acknowledged.AddRange(_group);
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

    /// <summary>The log was opened again and says that so many records are durable.</summary>
    public void Recovered(long durable)
    {
        _group.Clear();
        if (durable == Durable + _maybe.Count)
        {
            _acknowledged.AddRange(_maybe);
        }
        else if (durable != Durable)
        {
            throw new ModelException(
                $"After recovery {durable} records are durable; {Durable} were acknowledged and {_maybe.Count} more in the last group.");
        }
        _maybe.Clear();
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
