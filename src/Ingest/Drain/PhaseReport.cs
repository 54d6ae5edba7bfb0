using Microsoft.Extensions.Logging;

namespace Ingest.Drain;

/// <summary>Says that a drain has entered a phase, to the log and to the application's listener. Drain's loop only.</summary>
internal sealed class PhaseReport(DrainSequence sequence, DrainHistory history, ILogger logger)
{
    /// <summary>Reports the phase the drain is in now; the loop alone changes it.</summary>
    internal void Entered(Action<DrainPhase>? listener, int inFlight, DrainBacklog backlog)
    {
        var phase = sequence.Phase;
        Tell(listener, phase);
        switch (phase)
        {
            case DrainPhase.Drained when backlog.Events == 0:
                Log.DrainedAll(logger, history.Took);
                break;
            case DrainPhase.Drained:
                Log.DrainedSome(logger, history.Took, backlog.Events, backlog.Bytes, backlog.OldestAge);
                break;
            case DrainPhase.Serving:
                Log.Resumed(logger);
                break;
            default:
                Log.PhaseEntered(logger, sequence.Reason, phase.Text(), inFlight, backlog.Events);
                break;
        }
    }

    // What the listener throws must not end the drain: a node that is asked to leave would never leave.
    private void Tell(Action<DrainPhase>? listener, DrainPhase phase)
    {
        try
        {
            listener?.Invoke(phase);
        }
        catch (Exception e)
        {
            Log.ListenerFailed(logger, phase.Text(), e);
        }
    }
}
