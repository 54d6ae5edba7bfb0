namespace Ingest.Simulation.Model;

/// <summary>The log did something the reference model does not allow.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
