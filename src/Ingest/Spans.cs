using System.Diagnostics;

namespace Ingest;

/// <summary>
/// Where the spans of an event's way begin: of its request, and of each attempt to deliver it. There is no listener unless one is
/// configured, and then asking costs one read.
/// </summary>
public static class Spans
{
    /// <summary>The source's name, for listeners.</summary>
    public const string SourceName = "Ingest";

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>Whether there is a listener.</summary>
    internal static bool AreWanted => Source.HasListeners();
}
