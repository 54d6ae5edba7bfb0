using Ingest.Sinks.Contract;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>What a lane owes, as a test says.</summary>
internal sealed class OwedList : IOwedEvents
{
    /// <summary>The numbers.</summary>
    internal SortedSet<long> Numbers { get; } = [];

    /// <summary>The lane knows what it owes.</summary>
    internal bool IsKnown { get; set; } = true;

    /// <inheritdoc/>
    public bool? MayCome(long first, long last) => IsKnown ? Numbers.GetViewBetween(first, last).Count > 0 : null;
}
