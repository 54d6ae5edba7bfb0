namespace Ingest.Tests.Intake.Producers;

/// <summary>Runs what was awaited on the thread that asks for it, so that a history has one order and its seed repeats it.</summary>
internal sealed class StepContext : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

    internal void RunAll()
    {
        while (_posted.TryDequeue(out var step))
        {
            step.Callback(step.State);
        }
    }
}
