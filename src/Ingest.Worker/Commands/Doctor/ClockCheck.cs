using System.Runtime.InteropServices;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>Checks whether the system clock is synchronized, as the kernel reports it.</summary>
internal static partial class ClockCheck
{
    private const int Unsynchronized = 0x40;
    private const int StructBytes = 208;
    private const int MaxErrorOffset = 24;
    private const int StatusOffset = 40;

    // Data that outlives a restart carries wall-clock times. An error of 1 s is small against the windows compared with
    // them, such as Intake:IdempotencyWindow (10 min by default).
    private static readonly TimeSpan ErrorMax = TimeSpan.FromSeconds(1);

    internal static Diagnosis Look()
    {
        Span<byte> state = stackalloc byte[StructBytes];
        state.Clear();
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || Adjust(ref MemoryMarshal.GetReference(state)) < 0)
        {
            return new Diagnosis("clock", Verdict.Skipped, "Whether it is synchronized cannot be determined on this system.");
        }
        var error = TimeSpan.FromMicroseconds(MemoryMarshal.Read<long>(state[MaxErrorOffset..]));
        return Judge((MemoryMarshal.Read<int>(state[StatusOffset..]) & Unsynchronized) == 0, error);
    }

    internal static Diagnosis Judge(bool isSynchronized, TimeSpan error)
    {
        const string advice = "Let chrony or systemd-timesyncd set it: docs/operating.md#a-clock-that-steps";
        return !isSynchronized
            ? new Diagnosis("clock", Verdict.Warning, "It is not synchronized: it may drift, and jump when it is set.", advice)
            : error > ErrorMax ? new Diagnosis(
                "clock", Verdict.Warning, $"It may be wrong by {Humanize.Seconds(error.TotalSeconds)}.", advice)
            : new Diagnosis("clock", Verdict.Good, $"It is synchronized, to within {Humanize.Milliseconds(error.TotalMilliseconds)}.");
    }

    // state: a struct timex. Its first field, modes, is 0, so the call only reads.
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    private static partial int Adjust(ref byte state);
}
