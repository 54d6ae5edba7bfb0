using Ingest.Publishing.Parking;
using Ingest.Publishing.Requeue;

namespace Ingest.Publishing.Lanes;

/// <summary>What an operator asks a lane to do; the lane's loop does it between two attempts.</summary>
internal abstract record LaneCommand;

/// <summary>Go back, or where the cursor was refused, say where to go on.</summary>
/// <param name="Next">The first event to deliver again.</param>
internal sealed record RewindCommand(long Next) : LaneCommand
{
    internal TaskCompletionSource<RewindOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Send dead letters again.</summary>
/// <param name="Request">Which, and who waits for them.</param>
internal sealed record RequeueCommand(RequeueRequest Request) : LaneCommand;

/// <summary>Count dead letters that were delivered after all.</summary>
/// <param name="Settlement">Which, and where it is noted.</param>
internal sealed record SettleRequeuesCommand(RequeueSettlement Settlement) : LaneCommand;

/// <summary>Do something with parked events.</summary>
/// <param name="Selection">Which.</param>
/// <param name="Action">What.</param>
internal sealed record ParkedCommand(ParkedSelection Selection, ParkedAction Action) : LaneCommand
{
    /// <summary>How many it was done to; done when it is durable. Null: the lane stopped before.</summary>
    internal TaskCompletionSource<int?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Try now what is waiting to be tried: the blocked sink, the open breaker, failed batches.</summary>
internal sealed record ResumeCommand : LaneCommand;
