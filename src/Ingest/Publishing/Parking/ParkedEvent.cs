namespace Ingest.Publishing.Parking;

/// <summary>What is being done with a parked event.</summary>
internal enum ParkedPhase : byte
{
    /// <summary>Not durable in the parked log yet; the cursor does not pass it.</summary>
    Storing,

    /// <summary>Waiting for its next attempt.</summary>
    Waiting,

    /// <summary>An attempt is under way.</summary>
    OnTrial,

    /// <summary>Delivered, dead-lettered or dropped; the record that says so is being written.</summary>
    Resolving,
}

/// <summary>An event its lane has set aside, durably, because the sink cannot take it while it takes others. Lane loop only.</summary>
internal sealed class ParkedEvent
{
    /// <summary>The event's number in the log.</summary>
    internal required long Sequence { get; init; }

    internal required string Stream { get; init; }

    /// <summary>Hash of its key; 0 for an event without one.</summary>
    internal required ulong Key { get; init; }

    /// <summary>Bytes of its record body.</summary>
    internal required int Bytes { get; init; }

    internal required long AcceptedUnixMs { get; init; }

    /// <summary>Time at which the event was parked, Unix ms.</summary>
    internal required long SinceUnixMs { get; init; }

    /// <summary>When it was first tried, Unix ms.</summary>
    internal required long FirstUnixMs { get; init; }

    /// <summary>The lane's accounts have it as parked; an event sent again after a rewind they do not.</summary>
    internal required bool IsCounted { get; set; }

    /// <summary>True if its whole stream waits, not only its key.</summary>
    internal required bool IsOfStream { get; init; }

    /// <summary>Attempts that failed with this event alone or first in line, those before it was parked included.</summary>
    internal int Attempts { get; set; }

    /// <summary>Why the last attempt failed; empty for an event that waits behind an earlier one.</summary>
    internal string Reason { get; set; } = "";

    /// <summary>Where it lies in the parked log; 0 while it does not.</summary>
    internal long Position { get; set; }

    internal ParkedPhase Phase { get; set; }

    /// <summary>True if the event goes to the dead letters, whatever else happens: that was noted durably.</summary>
    internal bool IsDoomed { get; set; }

    /// <summary>Most events that are tried together with it: halved with each failure until it is tried alone.</summary>
    internal int TrialMax { get; set; } = int.MaxValue;

    /// <summary>Attempts that failed since it is parked, for its backoff.</summary>
    internal int Failures { get; set; }

    /// <summary>Not tried before, on the lane's clock.</summary>
    internal TimeSpan Due { get; set; }
}
