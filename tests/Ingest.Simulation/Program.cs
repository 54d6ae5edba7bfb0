using Ingest.Simulation.Node;

// Histories of a whole node, in a process that belongs to them.
return NodeSitting.Run(SeizedThreadPool.Seize(), args);
