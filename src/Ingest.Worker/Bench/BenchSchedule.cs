namespace Ingest.Worker.Bench;

/// <summary>
/// When requests are due. Fixed before the first is sent: a server that stands still does not keep later requests from being due, and
/// the time they then wait counts as theirs. Any thread.
/// </summary>
/// <param name="rate">Requests a second; 0: a free connection takes the next at once.</param>
/// <param name="duration">Nothing is due after it.</param>
internal sealed class BenchSchedule(double rate, TimeSpan duration)
{
    private long _taken = -1;

    /// <summary>Requests that were due and were not sent.</summary>
    internal long Unsent => rate == 0 ? 0 : Math.Max(0, Total - (Interlocked.Read(ref _taken) + 1));

    private long Total => (long)Math.Floor(duration.TotalSeconds * rate);

    /// <summary>When the next request is due, since the start; null when there is none.</summary>
    /// <param name="now">Since the start.</param>
    internal TimeSpan? Take(TimeSpan now)
    {
        if (now >= duration)
        {
            return null;
        }
        if (rate == 0)
        {
            return now;
        }
        var due = TimeSpan.FromSeconds(Interlocked.Increment(ref _taken) / rate);
        if (due < duration)
        {
            return due;
        }
        Interlocked.Decrement(ref _taken);
        return null;
    }
}
