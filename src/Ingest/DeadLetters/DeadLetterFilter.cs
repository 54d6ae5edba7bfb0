namespace Ingest.DeadLetters;

/// <summary>Selects dead letters; a member that is not set selects all.</summary>
public sealed record DeadLetterFilter
{
    /// <summary>All of them.</summary>
    public static DeadLetterFilter All { get; } = new();

    /// <summary>Of this lane.</summary>
    public string? Lane { get; init; }

    /// <summary>Of this stream.</summary>
    public string? Stream { get; init; }

    /// <summary>Of events with this key.</summary>
    public string? EventKey { get; init; }

    /// <summary>With this in the reason, whatever the case.</summary>
    public string? Reason { get; init; }

    /// <summary>Last tried at or after this, Unix ms.</summary>
    public long? SinceUnixMs { get; init; }

    /// <summary>Last tried before this, Unix ms.</summary>
    public long? UntilUnixMs { get; init; }

    /// <summary>Tried at least so often.</summary>
    public int? AttemptsMin { get; init; }

    /// <summary>True: on their way back; false: at rest.</summary>
    public bool? Requeued { get; init; }

    /// <summary>Whether <paramref name="letter"/> is meant.</summary>
    public bool Matches(DeadLetter letter) =>
        (Lane is null || Lane == letter.Key.Lane)
        && (Stream is null || Stream == letter.Stream)
        && (EventKey is null || EventKey == letter.EventKey)
        && (SinceUnixMs is null || letter.LastUnixMs >= SinceUnixMs)
        && (UntilUnixMs is null || letter.LastUnixMs < UntilUnixMs)
        && (AttemptsMin is null || letter.Attempts >= AttemptsMin)
        && (Requeued is null || Requeued == letter.IsRequeued)
        && (Reason is null || letter.Reason.Contains(Reason, StringComparison.OrdinalIgnoreCase));
}
