using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace Ingest.Operations.Debug.Recording;

/// <summary>What of the process is recorded.</summary>
/// <param name="Name">What it is called in the audit trail.</param>
/// <param name="Sources">What the runtime is asked to report.</param>
/// <param name="NamesMethods">Whether the names of all methods come at its end; without them, stacks are numbers.</param>
/// <param name="BufferMebibytes">What the runtime may hold for a reader that is slow; what exceeds it is dropped.</param>
internal sealed record RecordingKind(string Name, IReadOnlyList<EventPipeProvider> Sources, bool NamesMethods, int BufferMebibytes)
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const string Sampler = "Microsoft-DotNETCore-SampleProfiler";

    // Collections, loaded code, contention, threads: what dotnet-trace asks for by default, but for exceptions (0x8000), whose messages
    // may tell contents.
    private const long Usual = 0x14C14F4CBD;

    // Collects at once, and tells every object, what it holds, and what holds it.
    private const long HeapSnapshot = 0x1980001;

    private const long Mebibyte = 1L << 20;
    private const long BufferMin = 16;
    private const long TraceBufferMax = 64;
    private const long HeapBufferMax = 256;

    // The names of all methods are a few MiB.
    private const long NamesBytesMax = 64 * Mebibyte;

    /// <summary>What may come when the recording has ended.</summary>
    internal long EndBytesMax => (BufferMebibytes * Mebibyte) + NamesBytesMax;

    /// <summary>Where the processors' time goes: stacks of all threads, a thousand a second, and what the runtime does.</summary>
    internal static RecordingKind Trace() => new(
        "trace",
        [new(Sampler, EventLevel.Informational), new(Runtime, EventLevel.Informational, Usual)],
        NamesMethods: true,
        Buffer(TraceBufferMax));

    /// <summary>
    /// What is in the heap. The process stands while it is told, and cannot read meanwhile: all of it has to fit into the buffer, which
    /// takes an eighth of the memory there is at most.
    /// </summary>
    internal static RecordingKind Heap() => new(
        "gcdump",
        [new(Runtime, EventLevel.Verbose, HeapSnapshot)],
        NamesMethods: false,
        Buffer(HeapBufferMax));

    private static int Buffer(long most) =>
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Mebibyte / 8, BufferMin, most);
}
