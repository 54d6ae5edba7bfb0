using System.Globalization;
using Ingest.Sinks.Contract;

namespace Ingest.DeadLetterBench;

/// <summary>Refuses every event with one of a hundred reasons, in five classes, or takes every event.</summary>
internal sealed class RefusingSink(bool refuses) : ISink
{
    public SinkTraits Traits { get; } = new() { WindowMax = 4, BatchEventsMax = 1000 };

    public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => ValueTask.FromResult(SinkVerdict.Delivered);

    public ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        if (!refuses)
        {
            return ValueTask.FromResult(SinkResult.Delivered);
        }
        var verdicts = new SinkVerdict[batch.Count];
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = new SinkVerdict(VerdictKind.Rejected, Reason(batch[i].Sequence));
        }
        return ValueTask.FromResult(new SinkResult(SinkVerdict.Delivered, verdicts));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Reason(long sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"HTTP {420 + (sequence % 5)}: field f{sequence % 100} is missing");
}

/// <summary>Makes sinks of kind <c>refusing</c>.</summary>
internal sealed class RefusingSinkFactory(bool refuses) : ISinkFactory
{
    public string Kind => "refusing";

    public Type OptionsType => typeof(object);

    public ISink Create(SinkSetup setup) => new RefusingSink(refuses);
}
