namespace Ingest;

/// <summary>Times as files have them: milliseconds since 1970.</summary>
internal static class UnixTime
{
    private static readonly long First = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Whether there is such a time: the framework throws for any other.</summary>
    internal static bool Is(long milliseconds) => milliseconds >= First && milliseconds <= Last;
}
