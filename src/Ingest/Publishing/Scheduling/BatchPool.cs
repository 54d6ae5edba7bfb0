using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>Keeps a few emptied batches for the next ones. Lane loop only.</summary>
internal sealed class BatchPool : IDisposable
{
    private const int KeptMax = 2;

    private readonly Stack<EventBatch> _kept = new(KeptMax);

    internal EventBatch Rent() => _kept.TryPop(out var batch) ? batch : new EventBatch();

    internal void Return(EventBatch batch)
    {
        if (_kept.Count < KeptMax)
        {
            batch.Clear();
            _kept.Push(batch);
        }
        else
        {
            batch.Dispose();
        }
    }

    public void Dispose()
    {
        while (_kept.TryPop(out var batch))
        {
            batch.Dispose();
        }
    }
}
