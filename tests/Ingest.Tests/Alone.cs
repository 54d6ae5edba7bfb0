namespace Ingest.Tests;

/// <summary>Tests that measure what the whole process shares, such as its memory: one at a time, after the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "Alone";
}
