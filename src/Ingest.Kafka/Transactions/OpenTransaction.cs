using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>
/// What is in a transaction that is being filled, and what will be known when it is committed. Worker only, but for reports.
/// </summary>
/// <param name="before">What the cluster has.</param>
/// <param name="start">When it was begun to be filled, a timestamp.</param>
internal sealed class OpenTransaction(Progress before, long start)
{
    /// <summary>When filling began.</summary>
    internal long Start { get; } = start;

    /// <summary>Something was handed to the client.</summary>
    internal bool HasBegun { get; set; }

    /// <summary>Bytes of payloads handed over.</summary>
    internal long Bytes { get; set; }

    /// <summary>Events the cluster has when it is committed.</summary>
    internal DeliveredNumbers Delivered { get; } = before.Delivered.Clone();

    /// <summary>Events by batch that went through it, from the first to before the second index.</summary>
    internal List<(Handover Batch, int From, int To)> Parts { get; } = [];

    /// <summary>What single events were refused with.</summary>
    internal ConcurrentDictionary<(Handover Batch, int Index), (ErrorCode Code, string Topic)> Refusals { get; } = new();

    /// <summary>Whether the cluster has an event, or will have.</summary>
    internal bool Holds(long sequence) => Delivered.Contains(sequence);

    /// <summary>Adds an event that the client took. Room was asked for before.</summary>
    internal void Add(long sequence, int bytes)
    {
        Delivered.Add(sequence);
        Bytes += bytes;
    }
}
