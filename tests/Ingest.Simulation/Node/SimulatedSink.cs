using System.Globalization;
using System.Text;
using Ingest.Simulation.Disk;
using Ingest.Sinks.Contract;

namespace Ingest.Simulation.Node;

/// <summary>A sink of one life of the node: answers as its <see cref="Downstream"/> is disposed to.</summary>
internal sealed class SimulatedSink(
    Downstream downstream, NodeModel model, SimulatedClock clock, Func<bool> isOver, SinkTraits traits, Action<string>? trace) : ISink
{
    private readonly VerdictDraw _draw = new(downstream);

    public SinkTraits Traits => traits;

    public async ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel)
    {
        ThrowIfOver();
        var (mood, random) = (downstream.Mood, downstream.Random);
        await Task.Delay(mood.LateMax * random.NextDouble(), clock, cancel);
        ThrowIfOver();
        if (random.Next(100) >= mood.OpenFails)
        {
            return SinkVerdict.Delivered;
        }
        return random.Next(3) switch
        {
            0 => throw new InvalidOperationException("opening threw"),
            1 => new SinkVerdict(VerdictKind.Retryable, "not open"),
            _ => new SinkVerdict(VerdictKind.Blocked, "wrong settings"),
        };
    }

    public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        try
        {
            return await AnswerAsync(batch, cancel);
        }
        catch (NodeModelException e)
        {
            // To the lane it is a sink that failed.
            model.Broken ??= e;
            throw;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<SinkResult> AnswerAsync(EventBatch batch, CancellationToken cancel)
    {
        ThrowIfOver();
        var (mood, random) = (downstream.Mood, downstream.Random);
        var events = Read(batch);
        var isLost = random.Next(100) < mood.Lost;
        var call = new SinkCall(events, _draw.Of(events, isLost), cancel);
        trace?.Invoke(Describe(call, isLost));
        downstream.Begin(call);
        try
        {
            // A sink that keeps the order of keys decides in the order of the calls.
            if (downstream.KeepsKeyOrder || random.Next(2) == 0)
            {
                call.TakeEffect(downstream);
            }
            var isDeaf = random.Next(100) < mood.Deaf;
            await Task.Delay(mood.LateMax * random.NextDouble(), clock, isDeaf ? CancellationToken.None : cancel);
            ThrowIfOver();
            call.TakeEffect(downstream);
            return isLost ? LoseAnswer(call) : new SinkResult(SinkVerdict.Delivered, call.Verdicts);
        }
        finally
        {
            if (!isOver())
            {
                downstream.End(call);
            }
        }
    }

    private SinkResult LoseAnswer(SinkCall call) => downstream.Random.Next(4) switch
    {
        0 => throw new IOException("the answer was lost"),
        1 => new SinkResult(SinkVerdict.Delivered, [.. call.Verdicts.Skip(1)]) is { PerEvent.Count: > 0 } miscounted
            ? miscounted
            : throw new IOException("the answer was cut"),
        2 => new SinkResult(new SinkVerdict(VerdictKind.Congested, "503 after the fact", TimeSpan.FromSeconds(2))),
        _ => new SinkResult(new SinkVerdict(VerdictKind.Retryable, "reset")),
    };

    private void ThrowIfOver()
    {
        if (isOver())
        {
            throw new PowerCutException();
        }
    }

    private List<SubmittedEvent> Read(EventBatch batch)
    {
        var events = new List<SubmittedEvent>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var stored = batch[i];
            NodeChecks.Require(
                events.Count == 0 || events[^1].Sequence < stored.Sequence, $"{stored.Sequence} stands behind a later event in its batch.");
            var id = long.Parse(stored.Payload.Span, NumberStyles.None, CultureInfo.InvariantCulture);
            events.Add(model.Sent(id, stored.Sequence, Encoding.UTF8.GetString(stored.Stream), Encoding.UTF8.GetString(stored.Key)));
        }
        return events;
    }

    private string Describe(SinkCall call, bool isLost)
    {
        var events = call.Events.Select((sent, i) => $"{sent.Sequence}{sent.Key} {call.Verdicts[i].Kind}/{call.Verdicts[i].Scope}");
        return $"{downstream.Lane.Name} {downstream.Mood.Name}{(isLost ? ", answer lost" : "")}: {string.Join(", ", events)}";
    }
}
