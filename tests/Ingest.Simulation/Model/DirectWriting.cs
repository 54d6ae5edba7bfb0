namespace Ingest.Simulation.Model;

/// <summary>Whether a log writes past the page cache, and how long its disk takes that, by seed alone.</summary>
/// <remarks>Not at all; as long as the log lives; on a disk that takes none; on one that takes some and then refuses.</remarks>
public static class DirectWriting
{
    private const int Ways = 4;

    /// <summary>Whether other tests' logs do: unless <c>INGEST_TEST_DIRECT</c> is 0.</summary>
    public static bool Tested { get; } = Environment.GetEnvironmentVariable("INGEST_TEST_DIRECT") != "0";

    /// <summary>How many the disk takes.</summary>
    internal static int LeftOf(int seed) => (Lot(seed) % Ways) switch
    {
        2 => 0,
        3 => 1 + (Lot(seed) / Ways % 16),
        _ => int.MaxValue,
    };

    /// <summary>Whether a log of that seed is to write so.</summary>
    internal static bool IsAsked(int seed) => Lot(seed) % Ways > 0;

    private static int Lot(int seed) => (int)((uint)(seed * 2246822519L) >> 24);
}
