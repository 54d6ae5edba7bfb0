namespace Ingest.DeadLetters.Projection;

/// <summary>Which projection of the dead letters there is.</summary>
/// <param name="Factory">Opens it.</param>
/// <param name="BytesMax">Bytes its files may take.</param>
public sealed record ProjectionOptions(IDeadLetterProjectionFactory Factory, long BytesMax);
