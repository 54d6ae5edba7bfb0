using Ingest.Publishing.Lanes;

namespace Ingest.Simulation.Node;

/// <summary>What one lane owes, and what its sink has seen of it.</summary>
internal sealed class LaneModel(string name, NodeModel node)
{
    private readonly HashSet<long> _delivered = [];
    private readonly HashSet<long> _rejected = [];
    private readonly HashSet<long> _dropped = [];

    // By stream and key: acknowledged events that were neither delivered nor given up, and the last one that was delivered.
    private readonly Dictionary<string, SortedSet<long>> _owed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal);

    // Acknowledged events that were not yet seen to be settled.
    private readonly List<long> _open = [];
    private long _checkedUpTo = -1;
    private bool _hasNew;

    internal string Name => name;

    /// <summary>Deliveries of an event after its first.</summary>
    internal int Repeated { get; private set; }

    /// <summary>Events of any kind that the sink has.</summary>
    internal int Delivered => _delivered.Count;

    /// <summary>Asked whether an event is among the dead letters at this moment; null: it is not known.</summary>
    internal Func<long, bool?> IsDead { get; set; } = _ => null;

    /// <summary>A number that the lane was sent events up to at least.</summary>
    internal long Highest { get; private set; }

    internal bool Has(long sequence) => _delivered.Contains(sequence);

    /// <summary>Events that an operator gave up, or may have.</summary>
    internal int Dropped => _dropped.Count;

    /// <summary>An operator gave the event up, or may have.</summary>
    internal bool IsDropped(long sequence) => _dropped.Contains(sequence);

    /// <summary>An event was acknowledged; the sink may have it already.</summary>
    internal void Acknowledged(SubmittedEvent submitted)
    {
        _open.Add(submitted.Sequence);
        _hasNew = true;
        if (submitted.Order.Length == 0 || Has(submitted.Sequence) || IsGivenUp(submitted.Sequence))
        {
            return;
        }
        NodeChecks.Require(
            _last.GetValueOrDefault(submitted.Order) < submitted.Sequence || IsDead(submitted.Sequence) != false,
            $"{name}: {_last.GetValueOrDefault(submitted.Order)} of {submitted.Order} was delivered before {submitted.Sequence}.");
        Owed(submitted.Order).Add(submitted.Sequence);
    }

    /// <summary>The other side has the event.</summary>
    internal void Take(SubmittedEvent submitted)
    {
        var sequence = submitted.Sequence;
        Highest = Math.Max(Highest, sequence);
        if (!_delivered.Add(sequence))
        {
            Repeated++;
            return;
        }
        if (submitted.Order.Length == 0)
        {
            return;
        }
        var owed = Owed(submitted.Order);
        owed.Remove(sequence);
        while (owed.Count > 0 && owed.Min < sequence && IsDead(owed.Min) != false)
        {
            owed.Remove(owed.Min);
        }
        NodeChecks.Require(
            owed.Count == 0 || owed.Min > sequence || IsGivenUp(sequence),
            $"{name}: {sequence} of {submitted.Order} was delivered before {(owed.Count == 0 ? 0 : owed.Min)}.");
        _last[submitted.Order] = Math.Max(_last.GetValueOrDefault(submitted.Order), sequence);
    }

    /// <summary>The other side refused the event for good.</summary>
    internal void Refuse(SubmittedEvent submitted)
    {
        _rejected.Add(submitted.Sequence);
        Owed(submitted.Order).Remove(submitted.Sequence);
    }

    /// <summary>An operator gives events up, or moves them to the dead letters.</summary>
    internal void GiveUp(IEnumerable<long> sequences, bool isDropped)
    {
        foreach (var sequence in sequences)
        {
            _ = isDropped ? _dropped.Add(sequence) : _rejected.Add(sequence);
            foreach (var owed in _owed.Values)
            {
                owed.Remove(sequence);
            }
        }
    }

    /// <summary>Everything up to the saved position is settled: delivered, dead or parked.</summary>
    internal void CheckSaved(Lane lane)
    {
        if ((lane.Saved <= _checkedUpTo && !_hasNew) || lane.Receipts.Parked is not { IsComplete: true } parked)
        {
            return;
        }
        (_checkedUpTo, _hasNew) = (lane.Saved, false);
        _open.RemoveAll(sequence => Has(sequence) || IsGivenUp(sequence));
        foreach (var sequence in _open)
        {
            NodeChecks.Require(
                sequence > lane.Saved || parked.Find(sequence) is not null || IsDead(sequence) != false,
                $"{name}: the cursor is at {lane.Saved}, and {sequence} is not settled.");
        }
    }

    /// <summary>At the end: every acknowledged event was delivered, is among the dead letters, or was given up.</summary>
    internal void CheckAll(IReadOnlySet<long> dead)
    {
        foreach (var acknowledged in node.Acknowledged)
        {
            var sequence = acknowledged.Sequence;
            NodeChecks.Require(
                Has(sequence) || dead.Contains(sequence) || IsDropped(sequence),
                $"{name}: {sequence} was acknowledged and is lost; the sink {(IsGivenUp(sequence) ? "refused it" : "never had it")}.");
        }
    }

    /// <summary>The sink refused the event, or an operator gave it up.</summary>
    internal bool IsGivenUp(long sequence) => _rejected.Contains(sequence) || _dropped.Contains(sequence);

    private SortedSet<long> Owed(string key) => _owed.TryGetValue(key, out var owed) ? owed : _owed[key] = [];
}
