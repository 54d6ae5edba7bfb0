using Ingest.Wal;
using Ingest.Wal.Format;

namespace Ingest.Simulation.Model;

/// <summary>
/// What those outside the log make of its records: a consumer that tells repeats by identity, and a sink that remembers how far it
/// got. Both
/// outlive every crash, and neither may ever take a new record for one it has.
/// </summary>
public sealed class OutsideView
{
    private readonly Dictionary<(Guid Epoch, long Sequence), int> _seen = [];
    private readonly HashSet<int> _written = [];
    private HeldNumbers _held = HeldNumbers.None;
    private long _upTo;

    /// <summary>Records the sink took for ones it has.</summary>
    public int Passed { get; private set; }

    /// <summary>The log was opened: the sink looks up how far it got in it.</summary>
    public void Opened(WriteAheadLog log) => _upTo = _held.UpTo(log.LastOfEpoch);

    /// <summary>A record arrives, maybe once more.</summary>
    /// <exception cref="ModelException">It is taken for another one.</exception>
    public void Take(WriteAheadLog log, long sequence, int payload)
    {
        var epoch = log.EpochOf(sequence);
        if (!_seen.TryAdd((epoch, sequence), payload) && _seen[(epoch, sequence)] != payload)
        {
            throw new ModelException(
                $"Record {payload} has the identity {epoch:N}-{sequence}, under which record {_seen[(epoch, sequence)]} was seen.");
        }
        if (sequence > _upTo)
        {
            _written.Add(payload);
            _held = _held.With(epoch, sequence);
            _upTo = sequence;
        }
        else if (_written.Contains(payload))
        {
            Passed++;
        }
        else
        {
            throw new ModelException($"The sink takes record {payload}, number {sequence}, for one it has: it holds all up to {_upTo}.");
        }
    }
}
