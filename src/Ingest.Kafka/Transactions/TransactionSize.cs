namespace Ingest.Kafka;

/// <summary>
/// How much goes into a transaction, so that it is open no longer than allowed: found by how long those before took. Pure.
/// </summary>
/// <param name="time">How long a transaction may be open.</param>
/// <param name="bytesMost">Most bytes that may be handed over at once.</param>
internal sealed class TransactionSize(TimeSpan time, long bytesMost)
{
    private const long BytesLeast = 64 * 1024;
    private const double Share = 0.8;
    private const double Growth = 1.25;
    private const double Weight = 0.2;
    private const double Forgetting = 1.02;

    // The shortest that a transaction was open lately: where that is long already, being small does not help.
    private TimeSpan _least = TimeSpan.MaxValue;

    // How long ending a transaction takes, smoothed.
    private TimeSpan _ending = TimeSpan.Zero;

    /// <summary>Bytes after which no more is taken into a transaction.</summary>
    internal long BytesMax { get; private set; } = Math.Min(bytesMost, 4 * 1024 * 1024);

    /// <summary>How long events are handed over to a transaction before its end is begun: what its end takes is kept free.</summary>
    internal TimeSpan Filling =>
        TimeSpan.FromTicks(Math.Max((long)(time.Ticks * Share) - _ending.Ticks, time.Ticks / 4));

    /// <summary>A transaction was committed.</summary>
    /// <param name="bytes">What was in it.</param>
    /// <param name="open">How long it was open.</param>
    /// <param name="ending">How much of that its end took.</param>
    internal void Note(long bytes, TimeSpan open, TimeSpan ending)
    {
        _ending += (ending - _ending) * Weight;
        _least = open < _least ? open : _least * Forgetting;
        var most = time * Share > _least * 2 ? time * Share : _least * 2;
        if (open > most)
        {
            var fitting = (long)(bytes * (most / open));
            BytesMax = Math.Clamp(fitting, BytesLeast, BytesMax);
        }
        else if (bytes >= BytesMax)
        {
            BytesMax = Math.Min(bytesMost, (long)(BytesMax * Growth));
        }
    }
}
