using Ingest.Simulation.Node;

// Histories of a whole node, in processes that belong to them.
return NodeSitting.Run(args);
