namespace Ingest.Worker.Tests.Deploy;

/// <summary>For tests that run others' programs with time-outs of their own: after the others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>The collection's name.</summary>
    public const string Name = "alone";
}
