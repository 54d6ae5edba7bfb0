using System.Runtime.InteropServices;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// How long the kernel lets a thread run before it prefers one that waits (docs/decisions/0048-short-slices.md). A thread inherits its
/// slice from the thread that starts it.
/// </summary>
/// <remarks>
/// <c>sched_attr::sched_runtime</c> of an ordinary thread, sched_setattr(2): Linux 6.12 and later, no privilege needed. The system calls
/// are made by number, because glibc knows them only since 2.41.
/// </remarks>
public static partial class SchedulerSlice
{
    /// <summary>The shortest that the kernel takes.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(100);

    // SCHED_OTHER of sched(7), and the number of sched_setattr on each architecture; sched_getattr is the next one.
    private const int Ordinary = 0;

    private static readonly long? SetAttributes = RuntimeInformation.ProcessArchitecture switch
    {
        _ when !OperatingSystem.IsLinux() => null,
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    /// <summary>
    /// Sets the slice of the calling thread, and of those it will start. False: the kernel has none, or the process was put under
    /// another policy; nothing has changed then.
    /// </summary>
    /// <param name="slice">0.1 to 100 ms; the kernel takes the nearest bound instead of anything else.</param>
    public static bool Set(TimeSpan slice)
    {
        var attributes = default(Attributes);
        if (SetAttributes is not { } number || !Read(0, ref attributes) || attributes.Policy != Ordinary)
        {
            return false;
        }
        attributes.Runtime = Nanoseconds(slice);
        return Call(number, 0, ref attributes, 0, 0) == 0;
    }

    /// <summary>The slice of a thread; zero where the kernel has none.</summary>
    /// <param name="thread">Its number in the kernel; 0 is the calling thread.</param>
    public static TimeSpan Of(int thread)
    {
        var attributes = default(Attributes);
        return Read(thread, ref attributes) ? TimeSpan.FromTicks((long)attributes.Runtime / TimeSpan.NanosecondsPerTick) : default;
    }

    // Before 6.12 an ordinary thread's slice is read as 0.
    private static bool Read(int thread, ref Attributes attributes) =>
        SetAttributes is { } number
        && Call(number + 1, thread, ref attributes, Marshal.SizeOf<Attributes>(), 0) == 0
        && attributes.Runtime > 0;

    private static ulong Nanoseconds(TimeSpan time) => (ulong)(time.Ticks * TimeSpan.NanosecondsPerTick);

    // sched_setattr(pid, attributes, flags) and sched_getattr(pid, attributes, size, flags).
    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Call(long number, long thread, ref Attributes attributes, long sizeOrFlags, long flags);

    // struct sched_attr of the kernel, in its first version.
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        internal uint Size;
        internal uint Policy;
        internal ulong Flags;
        internal int Nice;
        internal uint Priority;
        internal ulong Runtime;
        internal ulong Deadline;
        internal ulong Period;
    }
}
