namespace Ingest.Fuzz.Engine;

/// <summary>Instruments the product's assemblies in a folder, in place: each branch counts the edge it takes.</summary>
internal static class Instrumentation
{
    private static readonly string[] Assemblies = ["Ingest.dll", "Ingest.Wal.dll", "Ingest.Kafka.dll"];

    internal static void Run(string folder)
    {
        foreach (var assembly in Assemblies)
        {
            var types = SharpFuzz.Fuzzer.Instrument(Path.Combine(folder, assembly), _ => true, SharpFuzz.Options.Value).ToList();
            Console.WriteLine($"{assembly}: {types.Count} types instrumented");
        }
    }
}
