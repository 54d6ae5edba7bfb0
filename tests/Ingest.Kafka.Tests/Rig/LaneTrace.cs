using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>Watches a lane from outside through <c>/status</c>, several times a second, until it is told to stop.</summary>
internal sealed class LaneTrace : IAsyncDisposable
{
    /// <summary>A stream's events are set aside, whatever state the lane is in.</summary>
    internal const string Parked = "parked";

    private const int Columns = 20;
    private const string Bars = "▁▂▃▄▅▆▇█";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly KafkaNode _node;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly List<(TimeSpan At, LaneReading Lane)> _samples = [];
    private readonly ConcurrentDictionary<string, bool> _states = new(StringComparer.Ordinal);
    private readonly Task _watching;

    internal LaneTrace(KafkaNode node)
    {
        _node = node;
        _watching = WatchAsync();
    }

    /// <summary>Looks at the lane in which the accounts did not add up.</summary>
    internal int Unbalanced => _samples.Count(sample => !sample.Lane.Sum.AddsUp);

    /// <summary>Looks in all.</summary>
    internal int Count => _samples.Count;

    /// <summary>How often the breaker went from closed to open.</summary>
    internal int Openings => _samples.Zip(_samples.Skip(1))
        .Count(pair => pair.First.Lane.Breaker == "closed" && pair.Second.Lane.Breaker != "closed");

    /// <summary>The states seen so far, and <see cref="Parked"/>. Any thread.</summary>
    internal IEnumerable<string> States => _states.Keys;

    /// <summary>The window over time, as bars between the least and the largest, with these two figures.</summary>
    internal string Window
    {
        get
        {
            var windows = Spread().Select(lane => lane.Window).ToList();
            var most = _samples.Max(sample => sample.Lane.Window);
            var bars = string.Concat(windows.Select(window => Bars[(int)Math.Min(window / most * Bars.Length, Bars.Length - 1)]));
            return string.Create(CultureInfo.InvariantCulture, $"{bars} {_samples.Min(sample => sample.Lane.Window):F0}–{most:F0}");
        }
    }

    /// <summary>The breaker over time: closed ─, half open ╍, open ━; and whether the lane was blocked: ×.</summary>
    internal string Breaker => string.Concat(Spread().Select(lane => lane switch
    {
        { State: "blocked" } => '×',
        { Breaker: "closed" } => '─',
        { Breaker: "half_open" } => '╍',
        _ => '━',
    }));

    /// <summary>Everything seen, as CSV.</summary>
    internal string Csv
    {
        get
        {
            var text = new StringBuilder("seconds,state,breaker,window,in_flight,round_trip_ms,accepted,delivered,dead,lost,pending\n");
            foreach (var (at, lane) in _samples)
            {
                text.AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{at.TotalSeconds:F2},{lane.State},{lane.Breaker},{lane.Window},{lane.InFlightBatches},{lane.RoundTripMs},"
                    + $"{lane.Sum.Accepted},{lane.Sum.Delivered},{lane.Sum.DeadLettered},{lane.Sum.Lost},{lane.Sum.Pending}"));
            }
            return text.ToString();
        }
    }

    /// <summary>Stops watching; the figures stay.</summary>
    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var lane = await _node.ReadLaneAsync();
                _samples.Add((TimeProvider.System.GetElapsedTime(_start), lane));
                _states[lane.State] = true;
                if (lane.ParkedEvents > 0)
                {
                    _states[Parked] = true;
                }
            }
            catch (Exception busy) when (busy is HttpRequestException or TaskCanceledException)
            {
                // A look that was not answered in time; the next one is.
            }
            await Task.Delay(Pause, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // One reading per column, evenly over time. What is rare must show: of a column's readings the one with the smallest window.
    private IEnumerable<LaneReading> Spread()
    {
        var width = _samples[^1].At / Columns;
        return Enumerable.Range(0, Columns)
            .Select(column => _samples.Where(sample => sample.At >= width * column && sample.At <= width * (column + 1)).ToList())
            .Where(samples => samples.Count > 0)
            .Select(samples => samples.MinBy(sample => sample.Lane.Window).Lane);
    }
}
