namespace Ingest.DeadLetters.Projection;

/// <summary>Selects the projection of the dead letters: a store in files beside their log, for questions over many letters.</summary>
/// <param name="Factory">Opens the store.</param>
/// <param name="BytesMax">Bytes its files may take.</param>
public sealed record ProjectionOptions(IDeadLetterProjectionFactory Factory, long BytesMax);
