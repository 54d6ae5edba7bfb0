namespace Ingest.Simulation.Node;

/// <summary>
/// The other side of a lane's sink. It outlives the node, keeps what arrived, and forgets calls that were under way when the node was gone,
/// some of which still take effect.
/// </summary>
internal sealed class Downstream(LaneModel lane, Random random)
{
    private readonly List<SinkCall> _calls = [];

    internal Random Random => random;

    internal LaneModel Lane => lane;

    /// <summary>How it behaves now.</summary>
    internal SinkMood Mood { get; set; } = SinkMood.Well;

    /// <summary>Events it will never take, by the remainder of their id; 0: none.</summary>
    internal int PoisonEvery { get; init; }

    /// <summary>A key whose events all fail for now; empty: none.</summary>
    internal string SickKey { get; set; } = "";

    /// <summary>A stream whose place does not exist for now; empty: none.</summary>
    internal string SickStream { get; set; } = "";

    /// <summary>Whether the sink keeps the order of a key itself.</summary>
    internal bool KeepsKeyOrder { get; init; }

    /// <summary>All is well from here on, but for events that are to blame themselves.</summary>
    internal void Heal() => (Mood, SickKey, SickStream) = (SinkMood.Well, "", "");

    /// <summary>
    /// A call began: no other one that the lane still waits for has a key of it. Dead letters that are sent again may go beside parked
    /// events.
    /// </summary>
    internal void Begin(SinkCall call)
    {
        foreach (var other in KeepsKeyOrder ? [] : _calls)
        {
            var shared = other.IsGivenUp ? [] : KeysOf(call).Intersect(KeysOf(other)).ToList();
            if (shared.Count > 0)
            {
                // Some died without a word of the sink: they were tried too often.
                shared = [.. KeysOf(call, ofDead: false).Intersect(KeysOf(other, ofDead: false))];
            }
            NodeChecks.Require(
                shared.Count == 0, $"{lane.Name}: two batches with {string.Join(", ", shared)} are in flight.");
        }
        _calls.Add(call);
    }

    private IEnumerable<string> KeysOf(SinkCall call, bool ofDead = true) => call.Events
        .Where(sent => sent.Order.Length > 0 && !lane.IsGivenUp(sent.Sequence) && (ofDead || lane.IsDead(sent.Sequence) == false))
        .Select(sent => sent.Order);

    internal void End(SinkCall call) => _calls.Remove(call);

    /// <summary>The node is gone in the middle of its calls.</summary>
    internal void Abandon()
    {
        foreach (var call in _calls)
        {
            if (random.Next(2) == 0)
            {
                call.TakeEffect(this);
            }
        }
        _calls.Clear();
    }
}
