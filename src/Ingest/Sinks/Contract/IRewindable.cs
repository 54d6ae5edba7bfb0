namespace Ingest.Sinks.Contract;

/// <summary>A sink that remembers what it has, and must be told when an operator wants events delivered once more.</summary>
public interface IRewindable
{
    /// <summary>
    /// Forgets that it has anything from <paramref name="nextSequence"/> on. Nothing is in flight meanwhile. Must be durable before it
    /// returns, or what is delivered again after a crash would be taken for known.
    /// </summary>
    /// <exception cref="IOException">It could not be stored; the rewind fails and nothing has changed.</exception>
    ValueTask RewindAsync(long nextSequence, CancellationToken cancel);
}
