using Ingest.Health;
using Ingest.Intake.Admission;

namespace Ingest.Hosting.Stations;

/// <summary>Gives intake the Retry-After that health estimates.</summary>
internal sealed class NodeAdvice(Ingest.Health.Advice.RetryAdvice advice) : IRetryAdvice
{
    /// <inheritdoc/>
    public int Seconds(RefusalCode reason) => advice.Seconds(reason);
}
