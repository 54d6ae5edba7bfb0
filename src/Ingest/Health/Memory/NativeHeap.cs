using System.Runtime.InteropServices;

namespace Ingest.Health.Memory;

/// <summary>Memory of native libraries that the allocator keeps although it is no longer used.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives it back to the kernel where the C library can (glibc); elsewhere nothing happens.</summary>
    internal static void Trim()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl gives memory back by itself and has no such function.
        }
        catch (DllNotFoundException)
        {
            // The C library has another name here: the same as not having the function.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MallocTrim(nuint keep);
}
