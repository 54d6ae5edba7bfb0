using System.Globalization;
using Ingest.MockCluster;

// Usage: Ingest.MockCluster [BROKERS]. Prints its addresses, then takes commands on standard input, one a line, and answers each with "ok"
// or
// "error ...". The end of the input is the end of the process: it never outlives who started it.
var brokers = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
using var cluster = new Cluster(brokers);
Console.WriteLine($"listening {cluster.Bootstraps}");
while (Console.ReadLine() is { } line)
{
    Console.WriteLine(Commands.Run(cluster, line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
}
return 0;
