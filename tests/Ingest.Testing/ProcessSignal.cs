using System.Runtime.InteropServices;

namespace Ingest.Testing;

/// <summary>Signals to processes that tests have started themselves.</summary>
internal static partial class ProcessSignal
{
    internal const int Kill = 9;
    internal const int Terminate = 15;

    /// <summary>Sends the signal; a process that is gone already is no error.</summary>
    internal static void Send(int pid, int signal) => _ = NativeKill(pid, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NativeKill(int pid, int signal);
}
