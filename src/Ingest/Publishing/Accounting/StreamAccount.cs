using Ingest.Events;
namespace Ingest.Publishing.Accounting;

/// <summary>What became of one stream's events in one lane.</summary>
/// <param name="Stream">The stream's name; <see cref="StreamCounters.Other"/> for all beyond the bound.</param>
/// <param name="Delivered">Events the sink has.</param>
/// <param name="DeadLettered">Events the sink refused.</param>
/// <param name="Parked">Events set aside, and pending still.</param>
public readonly record struct StreamAccount(string Stream, long Delivered, long DeadLettered, long Parked = 0);
