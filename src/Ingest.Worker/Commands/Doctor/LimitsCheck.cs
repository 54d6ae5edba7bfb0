using System.Globalization;
using Ingest.Health;
using Ingest.Health.Memory;
using Ingest.Hosting.Server;
using Ingest.Intake;
using Ingest.Queue;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>What the system lets a process have: files, sizes of files, memory, processors; and which kernel it is.</summary>
internal static class LimitsCheck
{
    // The unit, the image and the manifests in deploy/ ask for as many.
    private const long FilesWanted = 65_536;

    // What a node takes that holds nothing: the runtime, its lanes, the history of an hour.
    private const long IdleBytes = 128L * 1024 * 1024;

    private static readonly Version ShortSlices = new(6, 12);

    internal static IEnumerable<Diagnosis> Look(Patient patient)
    {
        var limits = File.Exists("/proc/self/limits") ? File.ReadAllLines("/proc/self/limits") : [];
        yield return Files(Soft(limits, "Max open files"), patient.Settings.Get<ListenerOptions>().ConnectionsMax);
        yield return FileSize(Soft(limits, "Max file size"), patient.Settings.Get<WalSettings>().SegmentBytes);
        yield return Memory(
            MemoryAllowance.Read(),
            patient.Settings.Get<IntakeOptions>().BufferBytesMax + patient.Settings.Get<QueueOptions>().DepthBytes + IdleBytes,
            patient.Settings.Get<HealthOptions>().MemoryHigh);
        yield return Kernel(Environment.OSVersion.Version, Environment.ProcessorCount);
    }

    /// <summary>A soft limit in the lines of <c>/proc/self/limits</c>; null where there is none.</summary>
    internal static long? Soft(IEnumerable<string> lines, string name)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) ?? "";
        var words = line[Math.Min(line.Length, name.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }

    internal static Diagnosis Files(long? limit, long connections)
    {
        var found = limit is { } files ? $"{Humanize.Count(files)} files may be open." : "As many files as wanted may be open.";
        const string advice = "Raise it where the node starts: ulimit -n, LimitNOFILE=65536 in the unit. docs/sizing.md";
        return limit is null or >= FilesWanted || limit > connections + 500 ? new Diagnosis("files", Verdict.Good, found)
            : limit < 500 ? new Diagnosis("files", Verdict.Bad, found, advice)
            : new Diagnosis("files", Verdict.Warning, $"{found} Fewer than {Humanize.Count(connections)} connections need.", advice);
    }

    internal static Diagnosis FileSize(long? limit, long segment) => limit is { } bytes && bytes < segment
        ? new Diagnosis(
            "file size",
            Verdict.Bad,
            $"A file may have {Humanize.Bytes(bytes)}, and a segment of the log has {Humanize.Bytes(segment)}.",
            "Raise it: ulimit -f, LimitFSIZE=infinity in the unit.")
        : new Diagnosis("file size", Verdict.Good, "A segment of the log is within what a file may have.");

    internal static Diagnosis Memory(long allowance, long wanted, double high)
    {
        if (allowance == 0)
        {
            return new Diagnosis("memory", Verdict.Skipped, "How much there may be is not known.");
        }
        var usable = (long)(allowance * high);
        var found = $"{Humanize.Bytes(allowance)} may be used, {Humanize.Bytes(usable)} of it before the node refuses; "
            + $"full buffers need {Humanize.Bytes(wanted)}.";
        return wanted <= usable
            ? new Diagnosis("memory", Verdict.Good, found)
            : new Diagnosis(
                "memory",
                Verdict.Warning,
                found,
                "The node lowers Intake:BufferBytesMax and Queue:DepthBytes by itself; give it more memory for bursts. docs/sizing.md");
    }

    internal static Diagnosis Kernel(Version version, int processors)
    {
        var found = $"Linux {version.Major}.{version.Minor}, {Humanize.Count(processors, "processor")}.";
        return version >= ShortSlices
            ? new Diagnosis("kernel", Verdict.Good, found)
            : new Diagnosis("kernel", Verdict.Good, $"{found} From 6.12 on the node asks for short time slices: more requests a second.");
    }
}
