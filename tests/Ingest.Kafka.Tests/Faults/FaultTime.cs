using Ingest.Testing;

namespace Ingest.Kafka.Tests.Faults;

/// <summary>How long a fault lasts.</summary>
/// <param name="Whole">As long as the longest.</param>
/// <param name="IsShown">Whether the lane has been seen in the state the fault brings it to; always true for a fault that need not.</param>
internal sealed record FaultTime(TimeSpan Whole, Func<bool> IsShown)
{
    // A slow machine takes its time to come to that state, and then the fault has to last longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Lets a share of the time pass.</summary>
    internal Task PassAsync(double share) =>
        Task.Delay(Whole * share, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Lets a share of the time pass, and more until the lane was seen in its state, or plainly never will be.</summary>
    internal async Task ShowAsync(double share)
    {
        await PassAsync(share);
        try
        {
            await Poll.Until("the lane was seen in its state", IsShown, Patience);
        }
        catch (TimeoutException)
        {
            // The row says so, with the states that were seen.
        }
    }
}
