namespace Ingest.Health.Memory;

/// <summary>Gives memory back to the system: our buffers, the managed heap, the native one, in this order.</summary>
internal static class MemoryRelief
{
    // Finalizers are others' code: one that blocks must not take the sampler with it.
    private static readonly TimeSpan FinalizersMax = TimeSpan.FromSeconds(1);

    /// <summary>Blocks for two full collections: tenths of a second on a large heap. Meant for memory that is nearly used up.</summary>
    /// <param name="trimBuffers">Drops what pools and caches hold without need.</param>
    internal static void Run(Action trimBuffers)
    {
        trimBuffers();
        // The shared array pool lets go of its arrays in a finalizer after a collection, so the next one finds them.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        Task.Run(GC.WaitForPendingFinalizers).Wait(FinalizersMax);
        // Only an aggressive collection returns the pages; the limit counts pages, not objects.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }

    /// <summary>Tells the collector that the container's limit was changed under it.</summary>
    /// <returns>False: the new limit is below what is already used, and the collector keeps the old one.</returns>
    internal static bool AdoptLimit()
    {
        try
        {
            GC.RefreshMemoryLimit();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
