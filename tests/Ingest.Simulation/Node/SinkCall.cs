using Ingest.Sinks.Contract;

namespace Ingest.Simulation.Node;

/// <summary>One batch on its way: what the other side makes of it, and whether that has come to pass.</summary>
internal sealed class SinkCall(
    IReadOnlyList<SubmittedEvent> events, IReadOnlyList<SinkVerdict> verdicts, CancellationToken cancel)
{
    private bool _isDone;

    internal IReadOnlyList<SubmittedEvent> Events => events;

    internal IReadOnlyList<SinkVerdict> Verdicts => verdicts;

    /// <summary>The lane was told to end the call, and goes on without it.</summary>
    internal bool IsGivenUp => cancel.IsCancellationRequested;

    /// <summary>What is delivered is there, and what is refused is refused; once.</summary>
    internal void TakeEffect(Downstream downstream)
    {
        if (_isDone)
        {
            return;
        }
        _isDone = true;
        for (var i = 0; i < events.Count; i++)
        {
            if (verdicts[i].Kind == VerdictKind.Delivered)
            {
                downstream.Lane.Take(events[i]);
            }
            else if (verdicts[i].Kind == VerdictKind.Rejected)
            {
                downstream.Lane.Refuse(events[i]);
            }
        }
    }
}
