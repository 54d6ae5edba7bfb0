using System.Text;
using Ingest.Sinks.Contract;

namespace Ingest.Tests.Publishing;

/// <summary>One event as a <see cref="ScriptedSink"/> saw it.</summary>
internal readonly record struct Seen(long Sequence, string Key, string Payload);

/// <summary>A sink that does what a test says, and remembers everything it delivered.</summary>
internal sealed class ScriptedSink(SinkTraits? traits = null) : ISink
{
    private readonly Lock _lock = new();
    private readonly List<Seen> _delivered = [];
    private int _sends;
    private int _inFlight;

    public SinkTraits Traits { get; } = traits ?? new SinkTraits();

    /// <summary>Answers a batch; null delivers it.</summary>
    internal Func<Seen[], CancellationToken, Task<SinkResult>>? OnSend { get; set; }

    /// <summary>Answers an opening; null opens.</summary>
    internal Func<CancellationToken, Task<SinkVerdict>>? OnOpen { get; set; }

    /// <summary>Called with every batch, before it is answered.</summary>
    internal Action<Seen[]>? OnBatch { get; set; }

    /// <summary>Called when the sink is closed; null returns at once.</summary>
    internal Action? OnDispose { get; set; }

    internal int Sends => Volatile.Read(ref _sends);

    internal int Opens { get; private set; }

    internal int InFlightMost { get; private set; }

    internal bool IsDisposed { get; private set; }

    internal IReadOnlyList<Seen> Delivered
    {
        get
        {
            lock (_lock)
            {
                return [.. _delivered];
            }
        }
    }

    internal IEnumerable<long> Sequences => Delivered.Select(seen => seen.Sequence);

    public async ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel)
    {
        Opens++;
        return OnOpen is null ? SinkVerdict.Delivered : await OnOpen(cancel);
    }

    public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        var events = new Seen[batch.Count];
        for (var i = 0; i < events.Length; i++)
        {
            var stored = batch[i];
            events[i] = new Seen(stored.Sequence, Encoding.UTF8.GetString(stored.Key), Encoding.UTF8.GetString(stored.Payload.Span));
        }
        Interlocked.Increment(ref _sends);
        lock (_lock)
        {
            InFlightMost = Math.Max(InFlightMost, ++_inFlight);
            OnBatch?.Invoke(events);
        }
        try
        {
            var result = OnSend is null ? SinkResult.Delivered : await OnSend(events, cancel);
            lock (_lock)
            {
                _delivered.AddRange(events.Where((_, i) => result[i].Kind == VerdictKind.Delivered));
            }
            return result;
        }
        finally
        {
            lock (_lock)
            {
                _inFlight--;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        OnDispose?.Invoke();
        return ValueTask.CompletedTask;
    }

    internal static SinkResult All(VerdictKind kind, string reason = "scripted", TimeSpan? retryAfter = null) =>
        new(new SinkVerdict(kind, reason, retryAfter));
}
