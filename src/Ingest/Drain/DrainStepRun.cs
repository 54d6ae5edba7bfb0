using System.Diagnostics;

namespace Ingest.Drain;

internal static class DrainStepRun
{
    internal static Task RunAsync(this IDrainSteps steps, DrainStep step)
    {
        switch (step)
        {
            case DrainStep.Announce:
                steps.Announce();
                return Task.CompletedTask;
            case DrainStep.Refuse:
                steps.Refuse();
                return Task.CompletedTask;
            case DrainStep.Commit:
                return steps.CommitAsync();
            case DrainStep.Hurry:
                steps.Hurry();
                return Task.CompletedTask;
            case DrainStep.Save:
                return steps.SaveAsync();
            case DrainStep.Exit:
                steps.Exit();
                return Task.CompletedTask;
            case DrainStep.ResumeDelivery:
                return steps.ResumeDeliveryAsync();
            case DrainStep.ReopenQueue:
                return steps.ReopenQueueAsync();
            case DrainStep.Accept:
                steps.Accept();
                return Task.CompletedTask;
            case DrainStep.Withdraw:
                steps.Withdraw();
                return Task.CompletedTask;
            default:
                throw new UnreachableException($"{step} is not a step to be run.");
        }
    }
}
