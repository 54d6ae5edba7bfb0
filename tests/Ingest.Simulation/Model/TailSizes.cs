using System.Globalization;

namespace Ingest.Simulation.Model;

/// <summary>How much of a log's end is kept in memory: of histories nothing, one block, a few that take few groups each, or all.</summary>
public static class TailSizes
{
    private static readonly int[] Sizes = [0, 12 * 1024, 60 * 1024, 384 * 1024];

    /// <summary>What other tests keep: <c>INGEST_TEST_TAIL</c> bytes, 0 for nothing; a few groups where it is not set.</summary>
    public static int Tested { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("INGEST_TEST_TAIL"), CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : 192 * 1024;

    /// <summary>By seed alone, so that what else a seed decides stays as it is.</summary>
    public static int Of(int seed) => Sizes[(int)((uint)(seed * 2654435769L) >> 30)];
}
