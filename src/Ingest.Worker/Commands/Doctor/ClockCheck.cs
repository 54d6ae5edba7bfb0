using System.Runtime.InteropServices;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>Whether the machine's clock is set by something.</summary>
internal static partial class ClockCheck
{
    private const int Unsynchronized = 0x40;
    private const int StructBytes = 208;
    private const int MaxErrorOffset = 24;
    private const int StatusOffset = 40;

    // What outlives a restart is dated by the wall clock: this is far below every window it is used for.
    private static readonly TimeSpan ErrorMax = TimeSpan.FromSeconds(1);

    internal static Diagnosis Look()
    {
        Span<byte> state = stackalloc byte[StructBytes];
        state.Clear();
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || Adjust(ref MemoryMarshal.GetReference(state)) < 0)
        {
            return new Diagnosis("clock", Verdict.Skipped, "Whether it is set by something cannot be told here.");
        }
        var error = TimeSpan.FromMicroseconds(MemoryMarshal.Read<long>(state[MaxErrorOffset..]));
        return Judge((MemoryMarshal.Read<int>(state[StatusOffset..]) & Unsynchronized) == 0, error);
    }

    internal static Diagnosis Judge(bool isSynchronized, TimeSpan error)
    {
        const string advice = "Let chrony or systemd-timesyncd set it: docs/operating.md#a-clock-that-steps";
        return !isSynchronized ? new Diagnosis("clock", Verdict.Warning, "Nothing sets it: it may drift, and step one day.", advice)
            : error > ErrorMax ? new Diagnosis(
                "clock", Verdict.Warning, $"It may be wrong by {Humanize.Seconds(error.TotalSeconds)}.", advice)
            : new Diagnosis("clock", Verdict.Good, $"It is set, and wrong by {Humanize.Milliseconds(error.TotalMilliseconds)} at most.");
    }

    // struct timex, whose first field says that nothing is to be changed.
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    private static partial int Adjust(ref byte state);
}
