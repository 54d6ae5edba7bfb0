using Ingest.Hosting.Lifecycle;
using Ingest.Worker;
using Ingest.Worker.Commands;
using Ingest.Worker.Commands.Serve;

// First of all: a node that is told to end while it starts ends in order. Other commands end at once, as the shell expects.
using var signals = ServeCommand.IsMeant(args) ? new ShutdownSignals() : null;
try
{
    return await CommandTree.RunAsync(args, signals);
}
catch (Exception failure)
{
    return Failures.Report(failure);
}
