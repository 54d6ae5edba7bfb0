using System.Globalization;
using System.Security.Cryptography;

namespace Ingest.Testing;

/// <summary>The seed of a test that draws lots.</summary>
public static class TestSeed
{
    /// <summary>Reads <c>INGEST_SEED</c>, or draws a seed where it is not set, and prints it.</summary>
    /// <param name="print">Writes a line into the test's output.</param>
    public static int Read(Action<string> print)
    {
        var seed = Environment.GetEnvironmentVariable("INGEST_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : RandomNumberGenerator.GetInt32(int.MaxValue);
        print($"seed {seed} (INGEST_SEED repeats it)");
        return seed;
    }
}
