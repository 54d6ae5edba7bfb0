using System.Diagnostics.Metrics;
using Ingest.Events;
using Ingest.Operations.Status;

namespace Ingest.Operations.Observed;

/// <summary>
/// Counters by stream with a bound: the first streams seen stay apart for good, all later ones are counted together. Choosing anew each
/// time would make counters jump.
/// </summary>
internal sealed class StreamSeries
{
    /// <summary>Streams shown apart.</summary>
    internal const int StreamsMax = 100;

    private readonly Lock _lock = new();

    // Under the lock.
    private readonly HashSet<string> _apart = new(StringComparer.Ordinal);

    internal IEnumerable<Measurement<long>> Read(IReadOnlyList<StreamStatus> streams, Func<StreamStatus, long> read)
    {
        var measurements = new List<Measurement<long>>();
        long others = 0;
        var any = false;
        lock (_lock)
        {
            foreach (var stream in streams)
            {
                if (stream.Stream != StreamCounters.Other && IsApartNeedsLock(stream.Stream))
                {
                    measurements.Add(new Measurement<long>(read(stream), new KeyValuePair<string, object?>("stream", stream.Stream)));
                    continue;
                }
                others += read(stream);
                any = true;
            }
        }
        if (any)
        {
            measurements.Add(new Measurement<long>(others, new KeyValuePair<string, object?>("stream", StreamCounters.Other)));
        }
        return measurements;
    }

    private bool IsApartNeedsLock(string stream) => _apart.Contains(stream) || (_apart.Count < StreamsMax && _apart.Add(stream));
}
