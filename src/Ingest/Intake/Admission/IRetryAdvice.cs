using Ingest.Health;

namespace Ingest.Intake.Admission;

/// <summary>Says when a refused producer should come back.</summary>
public interface IRetryAdvice
{
    /// <summary>Whole seconds, at least 1, spread so that refused producers do not all return at once. Any thread.</summary>
    int Seconds(RefusalCode reason);
}
