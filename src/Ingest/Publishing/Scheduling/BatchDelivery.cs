using Ingest.Publishing.Lanes;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Window;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// A batch from the moment it is put together until its last event is settled: in flight, or waiting to be sent again. Lane loop only, but
/// for what the ending attempt writes before it hands the flight back.
/// </summary>
internal sealed class BatchDelivery(EventBatch batch, ulong groups)
{
    /// <summary>What is still to be settled.</summary>
    internal EventBatch Batch { get; set; } = batch;

    /// <summary>Groups of keys the batch has events of, a bit each; no later event of these is sent before this flight is
    /// settled.</summary>
    internal ulong Groups { get; set; } = groups;

    /// <summary>Events from the dead letters, which are behind the cursor; null for events on their first way.</summary>
    internal RequeueRequest? Requeue { get; init; }

    /// <summary>An attempt is under way.</summary>
    internal bool IsInFlight { get; set; }

    /// <summary>The attempt under way is the breaker's probe.</summary>
    internal bool IsProbe { get; set; }

    /// <summary>Attempts begun.</summary>
    internal int Attempts { get; set; }

    /// <summary>When it was first tried, Unix ms.</summary>
    internal long FirstUnixMs { get; set; }

    /// <summary>When it may be sent again, on the lane's clock.</summary>
    internal TimeSpan Due { get; set; }

    /// <summary>The window's permit of the attempt under way.</summary>
    internal AimdDispatch Permit { get; set; }

    /// <summary>How the last attempt ended. Written by the attempt.</summary>
    internal AttemptResult Ended { get; set; }

    /// <summary>Why the rejected events of the last attempt are not in the dead letters; null when they are. Written by the
    /// attempt.</summary>
    internal string? NotStored { get; set; }

    /// <summary>The dead letters take nothing more until somebody acts. Written by the attempt.</summary>
    internal bool IsStoreBlocked { get; set; }
}
