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
            var seconds = SecondsNeedLock(fromUnixMs, step, steps);
            return new HistoryPage
            {
                StepSeconds = step,
                Times =
                [
                    .. Enumerable.Range(0, steps)
                        .Select(i => DateTimeOffset.FromUnixTimeMilliseconds(fromUnixMs + (i * step * 1000L))),
                ],
                Node = Fold(HistorySeries.OfNode, _node, seconds, steps),
                Lanes = _lanes.ToDictionary(lane => lane.Name, lane => Fold(HistorySeries.OfLane, lane.Columns, seconds, steps)),
            };
        }
    }

    // Where in a column the seconds are that count, oldest first, and the step of each: the wall clock may have been set back.
    private List<(int At, int Step)> SecondsNeedLock(long fromUnixMs, int step, int steps)
    {
        var seconds = new List<(int, int)>(Math.Min(Seconds, step * steps));
        for (var i = Math.Max(0, _count - Seconds); i < _count; i++)
        {
            var at = (int)(i % Seconds);
            var index = (int)((_times[at] - fromUnixMs) / 1000 / step);
            if (_times[at] >= fromUnixMs && index < steps)
            {
                seconds.Add((at, index));
            }
        }
        return seconds;
    }

    private static Dictionary<string, double?[]> Fold(
        IReadOnlyList<HistorySeries> rows, float[][] columns, List<(int At, int Step)> seconds, int steps)
    {
        var folded = new Dictionary<string, double?[]>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            folded.Add(rows[i].Name, Fold(rows[i].Fold, columns[i], seconds, steps));
        }
        return folded;
    }

    private static double?[] Fold(HistoryFold fold, float[] column, List<(int At, int Step)> seconds, int steps)
    {
        var values = new double?[steps];
        var known = new int[steps];
        foreach (var (at, step) in seconds)
        {
            double value = column[at];
            if (double.IsNaN(value))
            {
                continue;
            }
            var before = values[step] ?? value;
            values[step] = fold switch
            {
                HistoryFold.Mean => known[step] == 0 ? value : before + value,
                HistoryFold.Max => Math.Max(before, value),
                _ => value,
            };
            known[step]++;
        }
        for (var i = 0; i < steps; i++)
        {
            values[i] = values[i] is not { } value ? null : Rounded(fold == HistoryFold.Mean ? value / known[i] : value);
        }
        return values;
    }

    // Six digits: as many as a column holds.
    private static double Rounded(double value) =>
        value == Math.Floor(value) ? value : Math.Round(value, Math.Clamp(6 - (int)Math.Ceiling(Math.Log10(Math.Abs(value))), 0, 12));

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
