namespace Ingest.Drain;

/// <summary>Says how far a drain is.</summary>
public interface IDrainStatus
{
    /// <summary>The drain at this moment. Any thread.</summary>
    DrainStatus Status { get; }
}
