namespace Ingest.Simulation.Node;

/// <summary>What a node was given and has promised, and what its lanes owe: all of it outlives the node.</summary>
internal sealed class NodeModel
{
    private readonly Dictionary<long, SubmittedEvent> _submitted = [];
    private readonly Dictionary<long, SubmittedEvent> _stored = [];
    private readonly List<SubmittedEvent> _acknowledged = [];

    internal NodeModel(IEnumerable<string> lanes) =>
        Lanes = [.. lanes.Select(name => new LaneModel(name, this))];

    internal IReadOnlyList<LaneModel> Lanes { get; }

    /// <summary>The lane of this name.</summary>
    internal LaneModel Lane(string name)
    {
        foreach (var lane in Lanes)
        {
            if (lane.Name == name)
            {
                return lane;
            }
        }
        throw new ArgumentException($"There is no lane {name}.", nameof(name));
    }

    /// <summary>Events that got their answer, in the order of the answers.</summary>
    internal IReadOnlyList<SubmittedEvent> Acknowledged => _acknowledged;

    /// <summary>A promise that was broken where the node would not let the exception through; null: none.</summary>
    internal NodeModelException? Broken { get; set; }

    /// <summary>A new event.</summary>
    internal SubmittedEvent Submit(string stream, string key)
    {
        var submitted = new SubmittedEvent(_submitted.Count + 1, stream, key);
        _submitted.Add(submitted.Id, submitted);
        return submitted;
    }

    /// <summary>A batch was acknowledged.</summary>
    internal void Acknowledge(IReadOnlyList<SubmittedEvent> events, long first, long last)
    {
        NodeChecks.Require(last - first + 1 == events.Count, $"{events.Count} events were acknowledged as {first} to {last}.");
        for (var i = 0; i < events.Count; i++)
        {
            Place(events[i], first + i);
            _acknowledged.Add(events[i]);
            foreach (var lane in Lanes)
            {
                lane.Acknowledged(events[i]);
            }
        }
    }

    /// <summary>The event that a sink was sent: one that a producer submitted, always under the same number.</summary>
    internal SubmittedEvent Sent(long id, long sequence, string stream, string key)
    {
        NodeChecks.Require(_submitted.TryGetValue(id, out var submitted), $"Event {sequence} is none that was ever submitted.");
        NodeChecks.Require(
            submitted!.Stream == stream && submitted.Key == key,
            $"Event {sequence} came as {stream}/{key} and was submitted as {submitted.Stream}/{submitted.Key}.");
        Place(submitted, sequence);
        return submitted;
    }

    private void Place(SubmittedEvent submitted, long sequence)
    {
        NodeChecks.Require(
            submitted.Sequence == 0 || submitted.Sequence == sequence,
            $"Event {submitted.Id} is {submitted.Sequence} and {sequence} in the log.");
        NodeChecks.Require(
            _stored.TryAdd(sequence, submitted) || _stored[sequence] == submitted,
            $"Number {sequence} was given to event {_stored[sequence].Id} and to {submitted.Id}.");
        submitted.Sequence = sequence;
    }
}
