using System.ComponentModel;
using Ingest.Sinks.Contract;

namespace Ingest.Tests.Hosting.Replacement;

/// <summary>A sink with one verdict on all events.</summary>
internal sealed class StubSink(SinkVerdict verdict) : ISink
{
    private long _acceptedUnixMs;

    /// <summary>When the last event was accepted, by the clock of its node; 0 before the first. Any thread.</summary>
    internal long AcceptedUnixMs => Volatile.Read(ref _acceptedUnixMs);

    public SinkTraits Traits { get; } = new();

    public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => ValueTask.FromResult(SinkVerdict.Delivered);

    public ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        Volatile.Write(ref _acceptedUnixMs, batch[batch.Count - 1].AcceptedUnixMs);
        return ValueTask.FromResult(new SinkResult(verdict));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Hands out one sink, as kind <c>stub</c>.</summary>
internal sealed class StubFactory(StubSink sink) : ISinkFactory
{
    public string Kind => "stub";

    public Type OptionsType => typeof(StubOptions);

    public ISink Create(SinkSetup setup) => sink;

    internal sealed class StubOptions
    {
        [Description("Nothing.")]
        public string Unused { get; set; } = "";
    }
}
