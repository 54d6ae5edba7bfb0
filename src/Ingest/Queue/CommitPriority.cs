using System.Runtime.InteropServices;

namespace Ingest.Queue;

/// <summary>
/// Lets the commit thread go before the others: it waits for the disk most of the time, and while it waits for a processor instead, so does
/// everybody (docs/decisions/0048-short-slices.md). Needs the right to do so, <c>CAP_SYS_NICE</c> or <c>RLIMIT_NICE</c>; without it nothing
/// changes.
/// </summary>
internal static partial class CommitPriority
{
    // Steps of nice(2). Fewer do less; with more, flushes come before their groups have gathered.
    private const int Steps = 5;

    // PRIO_PROCESS of setpriority(2), which means a thread to Linux: 0 the calling one, the process's number the first one.
    private const int OfThread = 0;
    private const int Own = 0;

    [ThreadStatic]
    private static bool _isUsual;

    /// <summary>Raises the calling thread above the process's first one.</summary>
    internal static void Raise()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetPriority(OfThread, Own, Usual - Steps);
        }
    }

    /// <summary>
    /// Takes the calling thread back to what the process's first one has: threads of the pool that the commit thread happened to start
    /// have inherited its place.
    /// </summary>
    internal static void GiveBack()
    {
        if (_isUsual)
        {
            return;
        }
        _isUsual = true;
        if (OperatingSystem.IsLinux() && Of(Own) < Usual)
        {
            _ = SetPriority(OfThread, Own, Usual);
        }
    }

    /// <summary>The nice value of a thread: -20 goes first, 19 last.</summary>
    /// <param name="thread">Its number in the kernel; 0 is the calling thread.</param>
    internal static int Of(int thread) => GetPriority(OfThread, thread);

    private static int Usual => Of(Environment.ProcessId);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetPriority(int which, int who);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int priority);
}
