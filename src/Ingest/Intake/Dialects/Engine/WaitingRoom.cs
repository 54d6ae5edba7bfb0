using Ingest.Intake.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>
/// Lets requests wait for pressure to pass, where refusing them at once would lose their events: many clients never send again. Bounded in
/// requests and in the bytes they hold. Any thread.
/// </summary>
internal sealed class WaitingRoom(TimeProvider time)
{
    /// <summary>Requests that may wait at once.</summary>
    internal const int RequestsMax = 1024;

    /// <summary>Bytes of encoded events they may hold.</summary>
    internal const long BytesMax = 32L * 1024 * 1024;

    // How soon after its end pressure is noticed. Nothing announces that every reason has passed: policies, memory and disk each have
    // their own owner.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private static readonly Problem Gone = new(ProblemKind.BadRequest, "The client was gone before there was room.");

    private int _requests;
    private long _bytes;

    /// <summary>Requests that wait. Any thread.</summary>
    internal int Waiting => Volatile.Read(ref _requests);

    /// <summary>
    /// The problem that is left when it has been asked for until there is none, or none that passes, or the time is up.
    /// </summary>
    /// <param name="ask">Asks for the problem.</param>
    /// <param name="most">How long to wait.</param>
    /// <param name="bytes">What the request holds meanwhile.</param>
    /// <param name="gone">Whether its client is gone: it will send the same again, and nothing of this is to be stored.</param>
    internal ValueTask<Problem> OutlastAsync(Func<Problem> ask, TimeSpan most, long bytes, CancellationToken gone)
    {
        var problem = ask();
        return Passes(problem) && most > TimeSpan.Zero ? WaitAsync(problem, ask, most, bytes, gone) : ValueTask.FromResult(problem);
    }

    private static bool Passes(in Problem problem) =>
        problem.Kind is { } kind
        && (kind == ProblemKind.PolicyRefused || kind == ProblemKind.MemoryPressure || kind == ProblemKind.DiskPressure
            || kind == ProblemKind.Overloaded || kind == ProblemKind.Starting);

    private async ValueTask<Problem> WaitAsync(Problem problem, Func<Problem> ask, TimeSpan most, long bytes, CancellationToken gone)
    {
        var started = time.GetTimestamp();
        var room = Interlocked.Increment(ref _requests) <= RequestsMax;
        room &= Interlocked.Add(ref _bytes, bytes) <= BytesMax;
        try
        {
            while (room && Passes(problem) && time.GetElapsedTime(started) < most)
            {
                await Task.Delay(Step, time, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (gone.IsCancellationRequested)
                {
                    return Gone;
                }
                problem = ask();
            }
            return problem;
        }
        finally
        {
            Interlocked.Add(ref _bytes, -bytes);
            Interlocked.Decrement(ref _requests);
        }
    }
}
