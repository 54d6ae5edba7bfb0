using Ingest.Worker.Verify.Judging;
using Ingest.Worker.Verify.Readings;

namespace Ingest.Worker.Verify;

/// <summary>Reads a sink until what was acknowledged is there and nothing more comes, or until nothing has come for long enough.</summary>
/// <param name="ledger">What was sent.</param>
/// <param name="reading">The sink.</param>
/// <param name="settle">How long the sink may stand still while something is missing.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckRun(Ledger ledger, ISinkReading reading, TimeSpan settle, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // Repeats come right behind what they repeat, if at all.
    private static readonly TimeSpan QuietWhenComplete = TimeSpan.FromSeconds(1);

    /// <summary>Reads. Returns how long it took.</summary>
    /// <exception cref="CommandFailure">The sink could not be read.</exception>
    internal async Task<TimeSpan> RunAsync(CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        var (arrivals, last) = (-1L, start);
        while (true)
        {
            await reading.ReadAsync(ledger, cancel);
            if (ledger.Arrivals != arrivals)
            {
                (arrivals, last) = (ledger.Arrivals, time.GetTimestamp());
            }
            var patience = ledger.Missing > 0 || reading.Trouble is not null || settle < QuietWhenComplete ? settle : QuietWhenComplete;
            if (time.GetElapsedTime(last) >= patience)
            {
                break;
            }
            await Task.Delay(Interval, time, cancel);
        }
        return reading.Trouble is { } trouble
            ? throw new CommandFailure(ExitCode.Unavailable, trouble)
            : time.GetElapsedTime(start);
    }
}
