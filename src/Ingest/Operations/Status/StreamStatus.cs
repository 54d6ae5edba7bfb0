namespace Ingest.Operations.Status;

/// <summary>A stream's accounts.</summary>
/// <param name="Stream">Its name; <c>(other)</c> stands for all beyond the number counted apart.</param>
/// <param name="Accepted">Events promised.</param>
/// <param name="AcceptedBytes">Their encoded bytes.</param>
/// <param name="Lanes">What became of them, lane by lane.</param>
public sealed record StreamStatus(string Stream, long Accepted, long AcceptedBytes, IReadOnlyList<StreamLane> Lanes);

/// <summary>A stream's events in one lane.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Delivered">Events the sink has.</param>
/// <param name="DeadLettered">Events in the dead letters.</param>
/// <param name="Outstanding">
/// The others: pending, and those among the lane's <see cref="LaneSum.Lost"/> and <see cref="LaneSum.Before"/>, of which it is not known
/// the stream. Over all streams: outstanding = pending + lost + before.
/// </param>
public sealed record StreamLane(string Lane, long Delivered, long DeadLettered, long Outstanding);
