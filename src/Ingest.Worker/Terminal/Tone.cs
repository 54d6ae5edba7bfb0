namespace Ingest.Worker.Terminal;

/// <summary>How well something is: what colour it has on a terminal.</summary>
internal enum Tone
{
    /// <summary>No colour.</summary>
    Plain,

    /// <summary>Well.</summary>
    Good,

    /// <summary>To be watched.</summary>
    Warning,

    /// <summary>Wrong.</summary>
    Bad,

    /// <summary>Less important than what is around it.</summary>
    Faint,
}
