namespace Ingest.Operations.History;

/// <summary>
/// An hour of seconds in memory that is taken once: a column of numbers for each row, over which the oldest second is written. Any thread.
/// </summary>
internal sealed class HistoryRing
{
    /// <summary>Seconds kept.</summary>
    internal const int Seconds = 3600;

    /// <summary>Lanes with rows of their own; those beyond are not kept.</summary>
    internal const int LanesMax = 12;

    /// <summary>The most it takes, in bytes: it is part of what a node holds without any load (docs/sizing.md).</summary>
    internal const int BytesMax = 2 * 1024 * 1024;

    private readonly Lock _lock = new();

    // Under the lock.
    private readonly long[] _times = new long[Seconds];
    private readonly float[][] _node = NewColumns(HistorySeries.OfNode.Count);
    private readonly List<(string Name, float[][] Columns)> _lanes = [];
    private long _count;

    /// <summary>What it takes now, in bytes.</summary>
    internal long Bytes
    {
        get
        {
            lock (_lock)
            {
                return ((long)Seconds * sizeof(long)) + (_node.Length * (long)Seconds * sizeof(float))
                    + (_lanes.Count * (long)HistorySeries.OfLane.Count * Seconds * sizeof(float));
            }
        }
    }

    /// <summary>Adds a second.</summary>
    internal void Add(HistorySample sample)
    {
        lock (_lock)
        {
            var at = (int)(_count % Seconds);
            _times[at] = sample.UnixMs;
            Put(_node, at, sample.Node);
            foreach (var (_, columns) in _lanes)
            {
                Put(columns, at, []);
            }
            foreach (var (name, values) in sample.Lanes)
            {
                if (ColumnsNeedsLock(name) is { } columns)
                {
                    Put(columns, at, values);
                }
            }
            _count++;
        }
    }

    /// <summary>The seconds from a moment on, put together to at most <paramref name="points"/> steps of equal length.</summary>
    /// <param name="fromUnixMs">The first moment that counts.</param>
    /// <param name="toUnixMs">The last one.</param>
    /// <param name="points">At least 1.</param>
    internal HistoryPage Read(long fromUnixMs, long toUnixMs, int points)
    {
        var step = Math.Max(1, (int)Math.Ceiling((toUnixMs - fromUnixMs) / 1000.0 / points));
        var steps = (int)Math.Max(1, Math.Ceiling((toUnixMs - fromUnixMs) / 1000.0 / step));
        lock (_lock)
        {
            var places = new List<int>[steps];
            for (var i = Math.Max(0, _count - Seconds); i < _count; i++)
            {
                var at = (int)(i % Seconds);
                var index = (int)((_times[at] - fromUnixMs) / 1000 / step);
                if (_times[at] >= fromUnixMs && index < steps)
                {
                    (places[index] ??= []).Add(at);
                }
            }
            return new HistoryPage
            {
                StepSeconds = step,
                Times =
                [
                    .. Enumerable.Range(0, steps)
                        .Select(i => DateTimeOffset.FromUnixTimeMilliseconds(fromUnixMs + (i * step * 1000L))),
                ],
                Node = Fold(HistorySeries.OfNode, _node, places),
                Lanes = _lanes.ToDictionary(lane => lane.Name, lane => Fold(HistorySeries.OfLane, lane.Columns, places)),
            };
        }
    }

    private static Dictionary<string, double?[]> Fold(IReadOnlyList<HistorySeries> rows, float[][] columns, List<int>?[] places) =>
        rows.Select((row, i) => (row, i)).ToDictionary(
            entry => entry.row.Name, entry => Array.ConvertAll(places, seconds => Fold(entry.row.Fold, columns[entry.i], seconds)));

    private static double? Fold(HistoryFold fold, float[] column, List<int>? seconds)
    {
        var known = seconds?.Select(at => column[at]).Where(value => !float.IsNaN(value)).ToList();
        return known is null or { Count: 0 } ? null : Rounded(fold switch
        {
            HistoryFold.Mean => known.Average(),
            HistoryFold.Max => known.Max(),
            _ => known[^1],
        });
    }

    // Six digits: as many as a column holds.
    private static double Rounded(double value) =>
        value == 0 ? 0 : Math.Round(value, Math.Clamp(6 - (int)Math.Ceiling(Math.Log10(Math.Abs(value))), 0, 12));

    private float[][]? ColumnsNeedsLock(string lane)
    {
        foreach (var (name, columns) in _lanes)
        {
            if (name == lane)
            {
                return columns;
            }
        }
        if (_lanes.Count == LanesMax)
        {
            return null;
        }
        _lanes.Add((lane, NewColumns(HistorySeries.OfLane.Count)));
        return _lanes[^1].Columns;
    }

    private static void Put(float[][] columns, int at, double[] values)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i][at] = i < values.Length ? (float)values[i] : float.NaN;
        }
    }

    private static float[][] NewColumns(int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        var column = new float[Seconds];
        Array.Fill(column, float.NaN);
        return column;
    })];
}
