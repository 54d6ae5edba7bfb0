namespace Ingest.Testing;

/// <summary>Counts what a thread allocates.</summary>
public static class Allocations
{
    private const int Runs = 5;

    /// <summary>Bytes one run of the work allocates on this thread: the least of several runs, so each of them must do the same.</summary>
    /// <remarks>
    /// A collection, whichever test makes it necessary, counts what was left of a thread's allocation context as allocated. That is not in
    /// every run; what the work allocates is.
    /// </remarks>
    public static long OfOneRun(Action work)
    {
        var least = long.MaxValue;
        for (var run = 0; run < Runs; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
