namespace Ingest.Kafka.Tests;

/// <summary>Tests that measure what the whole process shares, such as what a thread allocates: one at a time, after the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "Alone";
}
