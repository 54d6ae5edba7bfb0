namespace Ingest.Hosting.Server;

/// <summary>Lets one line of a kind into the log, and then none for a while: what clients cause must not fill the disk.</summary>
/// <param name="time">Counts the pause.</param>
internal sealed class LineThrottle(TimeProvider time)
{
    /// <summary>How long the next line of the kind has to wait.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _last;
    private long _held;
    private bool _any;

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="held">How many were not, since the last.</param>
    internal bool TryTake(out long held)
    {
        lock (_gate)
        {
            held = _held;
            if (_any && time.GetElapsedTime(_last) < Pause)
            {
                _held++;
                return false;
            }
            (_any, _last, _held) = (true, time.GetTimestamp(), 0);
            return true;
        }
    }
}
