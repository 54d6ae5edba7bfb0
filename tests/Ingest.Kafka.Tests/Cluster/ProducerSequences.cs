namespace Ingest.Kafka.Tests.Cluster;

/// <summary>
/// What real brokers do for idempotent producers and the mock cluster does not: a repeated batch is answered without being appended again,
/// a gap
/// is refused. As brokers since 2.5 do, a producer that a partition has not seen may begin with any number.
/// </summary>
internal sealed class ProducerSequences
{
    internal const short OutOfOrder = 45;
    internal const short OldEpoch = 47;
    private const int Remembered = 5;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Topic, int Partition, long Producer), State> _states = [];

    /// <summary>Batches that came again and were not appended twice.</summary>
    internal int Repeated { get; private set; }

    /// <summary>Batches that were appended.</summary>
    internal int Appended { get; private set; }

    /// <summary>Batches refused because of a gap.</summary>
    internal int Gaps { get; private set; }

    /// <summary>Waits until the producer's last batch on this partition has its outcome, and decides on the next.</summary>
    internal async Task<Decision> DecideAsync(ProduceRequest request)
    {
        var state = StateOf(request);
        await state.OneAtATime.WaitAsync();
        lock (_lock)
        {
            var decision = Decide(state, request);
            Repeated += decision.Answer == 0 ? 1 : 0;
            Gaps += decision.Answer == OutOfOrder ? 1 : 0;
            if (decision.Answer is not null)
            {
                state.OneAtATime.Release();
            }
            return decision;
        }
    }

    /// <summary>Notes the outcome of a batch that was passed on; null when none came.</summary>
    internal void Note(ProduceRequest request, short? code)
    {
        var state = StateOf(request);
        lock (_lock)
        {
            if (code == 0)
            {
                Appended++;
                if (state.Epoch != request.Epoch)
                {
                    state.Recent.Clear();
                }
                state.Epoch = request.Epoch;
                state.Last = request.LastSequence;
                state.Recent.Add((request.BaseSequence, request.LastSequence));
                if (state.Recent.Count > Remembered)
                {
                    state.Recent.RemoveAt(0);
                }
            }
        }
        state.OneAtATime.Release();
    }

    private State StateOf(ProduceRequest request)
    {
        lock (_lock)
        {
            var key = (request.Topic, request.Partition, request.ProducerId);
            if (!_states.TryGetValue(key, out var state))
            {
                _states.Add(key, state = new State());
            }
            return state;
        }
    }

    private static Decision Decide(State state, ProduceRequest request)
    {
        if (state.Last < 0)
        {
            return new Decision(null);
        }
        if (request.Epoch != state.Epoch)
        {
            return new Decision(request.Epoch < state.Epoch ? OldEpoch : request.BaseSequence == 0 ? null : OutOfOrder);
        }
        if (state.Recent.Contains((request.BaseSequence, request.LastSequence)))
        {
            return new Decision(0);
        }
        return new Decision(request.BaseSequence == state.Last + 1 ? null : OutOfOrder);
    }

    /// <summary>Null: pass it on. Else: answer with this code.</summary>
    internal readonly record struct Decision(short? Answer);

    private sealed class State
    {
        internal SemaphoreSlim OneAtATime { get; } = new(1, 1);

        internal short Epoch { get; set; }

        internal int Last { get; set; } = -1;

        internal List<(int Base, int Last)> Recent { get; } = [];
    }
}
