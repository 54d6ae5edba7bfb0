using Ingest.Worker;
using Ingest.Worker.Commands;

try
{
    return await CommandTree.RunAsync(args);
}
catch (Exception failure)
{
    return Failures.Report(failure);
}
