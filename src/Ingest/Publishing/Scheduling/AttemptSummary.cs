using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>What an attempt comes to, over all events of its batch. Pure.</summary>
/// <param name="Delivered">Events delivered.</param>
/// <param name="Worst">The verdict that decides what happens next: blocked before congested, retryable, rejected, delivered.</param>
internal readonly record struct AttemptSummary(int Delivered, SinkVerdict Worst)
{
    internal static AttemptSummary Of(in SinkResult result, int count)
    {
        if (result.PerEvent is null)
        {
            return new(result.Verdict.Kind == VerdictKind.Delivered ? count : 0, result.Verdict);
        }
        var (delivered, worst) = (0, SinkVerdict.Delivered);
        TimeSpan? retryAfter = null;
        for (var i = 0; i < count; i++)
        {
            var verdict = result.PerEvent[i];
            delivered += verdict.Kind == VerdictKind.Delivered ? 1 : 0;
            worst = Weight(verdict.Kind) > Weight(worst.Kind) ? verdict : worst;
            retryAfter = verdict.RetryAfter > (retryAfter ?? TimeSpan.MinValue) ? verdict.RetryAfter : retryAfter;
        }
        return new(delivered, worst with { RetryAfter = retryAfter });
    }

    private static int Weight(VerdictKind kind) => kind switch
    {
        VerdictKind.Delivered => 0,
        VerdictKind.Rejected => 1,
        VerdictKind.Retryable => 2,
        VerdictKind.Congested => 3,
        _ => 4,
    };
}
