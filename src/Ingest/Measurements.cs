using System.Diagnostics.Metrics;

namespace Ingest;

/// <summary>
/// Records measurements. Listeners of the application are called in the same breath, and what they throw ends there: the measurement is
/// lost, and neither a commit, an attempt nor an answer is.
/// </summary>
internal static class Measurements
{
    /// <summary>Adds to a counter. Never throws.</summary>
    internal static void TryAdd(
        this Counter<long> counter, long value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(value, tags);
        }
        catch (Exception)
        {
            // The listener's own fault, and its own to report.
        }
    }

    /// <summary>Records into a histogram. Never throws.</summary>
    internal static void TryRecord<T>(
        this Histogram<T> histogram, T value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
        where T : struct
    {
        try
        {
            histogram.Record(value, tags);
        }
        catch (Exception)
        {
            // As above.
        }
    }
}
