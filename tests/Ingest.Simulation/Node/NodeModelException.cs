namespace Ingest.Simulation.Node;

/// <summary>The node broke a promise.</summary>
public sealed class NodeModelException(string message) : Exception(message);
