using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>The events a lane owes before it has said anything.</summary>
internal sealed class UnknownOwedEvents : IOwedEvents
{
    /// <inheritdoc/>
    public bool? MayCome(long first, long last) => null;
}
