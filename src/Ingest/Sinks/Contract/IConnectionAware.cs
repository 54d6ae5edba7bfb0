namespace Ingest.Sinks.Contract;

/// <summary>A sink with connections of its own, which hears that they fail before an attempt has failed.</summary>
public interface IConnectionAware
{
    /// <summary>What fails, while nothing was delivered since; null while all is well. Any thread; must not block.</summary>
    ConnectionTrouble? Trouble { get; }
}
