namespace Ingest.Simulation.Disk;

/// <summary>The machine stopped in the middle of an operation. Nothing of the process under test may go on after it.</summary>
public sealed class PowerCutException() : Exception("The simulated machine lost power.");
