using System.Runtime.InteropServices;

namespace Ingest.Testing;

/// <summary>
/// Puts what is measured, and who measures, above the load that shares their processors: a load generator has a machine of its own in
/// earnest. Without the right to do so nothing changes.
/// </summary>
public static partial class Niceness
{
    private const int OfProcess = 0;
    private const int ThisThread = 0;
    private const int Raised = -10;

    /// <summary>A command to run another under, above others; ends as that does.</summary>
    public static IReadOnlyList<string> Wrapper { get; } =
        ["/bin/sh", "-c", "nice -n -10 \"$@\"; exit $?", "sh"];

    /// <summary>Raises the calling thread.</summary>
    public static void PutAbove() => _ = SetPriority(OfProcess, ThisThread, Raised);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int priority);
}
