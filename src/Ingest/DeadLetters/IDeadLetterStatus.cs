namespace Ingest.DeadLetters;

/// <summary>Says how many dead letters a node keeps.</summary>
public interface IDeadLetterStatus
{
    /// <summary>The dead letters at this moment. Any thread.</summary>
    DeadLetterStatus Status { get; }
}
