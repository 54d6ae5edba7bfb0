namespace Ingest.Publishing.Parking;

/// <summary>A stream's parked events, in order. Lane loop only.</summary>
internal sealed class ParkedStream(string name)
{
    internal string Name { get; } = name;

    internal SortedDictionary<long, ParkedEvent> Events { get; } = [];

    internal long Bytes { get; set; }

    /// <summary>All events of the stream wait, and are tried in order, one batch at a time.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>What the last failed attempt was told.</summary>
    internal string Reason { get; set; } = "";

    /// <summary>Attempts that failed since one was delivered, while the stream is held.</summary>
    internal int Failures { get; set; }

    /// <summary>Most events of a held stream's next attempt.</summary>
    internal int TrialMax { get; set; } = 1;

    /// <summary>A held stream is not tried before.</summary>
    internal TimeSpan Due { get; set; }

    /// <summary>An attempt of the held stream is under way.</summary>
    internal bool IsOnTrial { get; set; }

    /// <summary>The last event tried out of turn, to find out whether the whole stream fails.</summary>
    internal long Rotated { get; set; }

    /// <summary>Different events that failed alone since one of the stream was delivered.</summary>
    internal int FailedInRow { get; set; }
}
