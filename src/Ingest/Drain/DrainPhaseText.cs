namespace Ingest.Drain;

/// <summary>The names of phases as people and scripts see them.</summary>
public static class DrainPhaseText
{
    /// <summary>The phase in snake case: <c>balancer_delay</c>.</summary>
    public static string Text(this DrainPhase phase) => phase switch
    {
        DrainPhase.Serving => "serving",
        DrainPhase.BalancerDelay => "balancer_delay",
        DrainPhase.Refusing => "refusing",
        DrainPhase.Finishing => "finishing",
        DrainPhase.Committing => "committing",
        DrainPhase.Delivering => "delivering",
        DrainPhase.Saving => "saving",
        DrainPhase.Drained => "drained",
        DrainPhase.Resuming => "resuming",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "No such phase."),
    };
}
