namespace Ingest.Kafka.Tests.Transactions;

/// <summary>How two processes come to have one log.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Says">What the reason of the fenced one has in it.</param>
internal sealed record ZombieKind(string Name, string Says)
{
    /// <summary>A node is frozen in the middle of a transaction, its directory delivered by another one, and it wakes up.</summary>
    internal static ZombieKind Frozen { get; } =
        new("frozen in a transaction, its directory delivered by another node, awake again", "Fenced: process");

    /// <summary>A node died, its directory was adopted and delivered, and it is started again on the directory it had.</summary>
    internal static ZombieKind Returning { get; } =
        new("dead, its directory adopted by another node, started again where it was", "older copy");

    /// <summary>A copy of a directory is started beside the node that went on.</summary>
    internal static ZombieKind Copied { get; } =
        new("started from an older copy of the directory of a node that runs", "older copy");

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<ZombieKind> All { get; } = [Frozen, Returning, Copied];
}
