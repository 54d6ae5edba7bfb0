using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Discard;

/// <summary>Counts and delivers: for measuring everything before a sink.</summary>
internal sealed class DiscardSink : ISink
{
    private long _events;
    private long _bytes;

    public SinkTraits Traits { get; } = new() { KeepsKeyOrder = true };

    /// <summary>Events taken. Any thread.</summary>
    internal long Events => Interlocked.Read(ref _events);

    /// <summary>Bytes of record bodies taken. Any thread.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => ValueTask.FromResult(SinkVerdict.Delivered);

    public ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        Interlocked.Add(ref _events, batch.Count);
        Interlocked.Add(ref _bytes, batch.Bytes);
        return ValueTask.FromResult(SinkResult.Delivered);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
