using System.Globalization;
using Ingest.Health;
using Ingest.Queue;
using Ingest.Wal.Storage;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>The disk the log lies on: what it is, what it has left, and how long a flush takes.</summary>
internal static class DiskCheck
{
    private const int BlockBytes = 4096;
    private const int FlushesMax = 500;

    private static readonly TimeSpan TestLength = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowUsual = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SlowWorst = TimeSpan.FromMilliseconds(100);

    internal static IEnumerable<Diagnosis> Look(Patient patient)
    {
        var drive = new DriveInfo(patient.Existing);
        yield return Kind(drive.DriveFormat, patient.Existing);
        yield return Space(
            drive.AvailableFreeSpace,
            drive.TotalSize,
            patient.Settings.Get<WalSettings>().BytesMax,
            patient.Settings.Get<HealthOptions>().DiskFreeHigh);
        if (!patient.MayWrite)
        {
            yield return new Diagnosis("flush", Verdict.Skipped, "Not measured: --no-disk-test.");
            yield break;
        }
        foreach (var diagnosis in Try(patient))
        {
            yield return diagnosis;
        }
    }

    internal static Diagnosis Kind(string format, string directory) => format switch
    {
        "tmpfs" or "ramfs" => new Diagnosis(
            "file system", Verdict.Bad, $"{directory} is on {format}: a restart of the machine loses the log.", "Put it on a disk."),
        "nfs" or "nfs4" or "cifs" or "smb2" or "fuse" or "9p" => new Diagnosis(
            "file system",
            Verdict.Warning,
            $"{directory} is on {format}.",
            "Whether a flush there is on a disk, and a lock is one, is up to its server. Use a local disk or a block device."),
        "overlay" or "overlayfs" => new Diagnosis(
            "file system",
            Verdict.Warning,
            $"{directory} is on {format}: it is gone with the container.",
            "Mount a volume there."),
        _ => new Diagnosis("file system", Verdict.Good, $"{directory} is on {format}."),
    };

    internal static Diagnosis Space(long free, long total, long logMax, long wanted)
    {
        var found = $"{Humanize.Bytes(free)} of {Humanize.Bytes(total)} free; the log may take {Humanize.Bytes(logMax)}.";
        return free < wanted ? new Diagnosis("space", Verdict.Bad, found, "Make room: below Health:DiskFreeLow the node refuses.")
            : logMax > total ? new Diagnosis(
                "space", Verdict.Warning, found, "Wal:BytesMax is more than the disk has: a dead sink fills it. Lower it below the size.")
            : new Diagnosis("space", Verdict.Good, found);
    }

    /// <summary>Judges how long flushes took, in ascending order.</summary>
    internal static Diagnosis Flushes(IReadOnlyList<TimeSpan> sorted)
    {
        var (usual, worst) = (sorted[sorted.Count / 2], sorted[(int)((sorted.Count - 1) * 0.99)]);
        var found = $"{Humanize.Count(sorted.Count, "flush").Replace("flushs", "flushes", StringComparison.Ordinal)} of 4 KiB: half within "
            + $"{Humanize.Milliseconds(usual.TotalMilliseconds)}, 99 % within {Humanize.Milliseconds(worst.TotalMilliseconds)}.";
        return usual <= SlowUsual && worst <= SlowWorst
            ? new Diagnosis("flush", Verdict.Good, found)
            : new Diagnosis(
                "flush",
                Verdict.Warning,
                found,
                "Every 202 waits for one or two. Another writer on the disk, used-up burst credits? docs/operating.md#ingestflushslow");
    }

    // In a folder of its own: its lock is not the node's.
    private static IReadOnlyList<Diagnosis> Try(Patient patient)
    {
        var folder = Path.Combine(
            patient.Existing, string.Create(CultureInfo.InvariantCulture, $".doctor-{Environment.ProcessId}"));
        try
        {
            using (var directory = WalDirectory.Open(folder))
            {
                return [Flushes(Measure(directory)), Direct(directory)];
            }
        }
        catch (StorageException e)
        {
            return [e.Kind == StorageFailure.Denied
                ? new Diagnosis("flush", Verdict.Bad, e.Message, "Run it as the user the node runs as, or change the directory's owner.")
                : new Diagnosis("flush", Verdict.Bad, e.Message, "The disk does not take what the log needs: look at the kernel's log.")];
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static Diagnosis Direct(IWalDirectory directory)
    {
        using var file = directory.Create("direct");
        return new Diagnosis(
            "direct writes",
            Verdict.Good,
            file.TryTurnDirect()
                ? "The file system takes writes past the page cache: Wal:DirectWrites."
                : "The file system takes no writes past the page cache, or only larger ones: Wal:DirectWrites does nothing.");
    }

    private static List<TimeSpan> Measure(IWalDirectory directory)
    {
        using var file = directory.Create("flush");
        var block = new byte[BlockBytes];
        file.Write(new byte[BlockBytes * 64], 0);
        file.Flush();
        var took = new List<TimeSpan>();
        var begun = TimeProvider.System.GetTimestamp();
        while (took.Count < FlushesMax && TimeProvider.System.GetElapsedTime(begun) < TestLength)
        {
            var start = TimeProvider.System.GetTimestamp();
            block[0]++;
            file.Write(block, BlockBytes * (took.Count % 64));
            file.Flush();
            took.Add(TimeProvider.System.GetElapsedTime(start));
        }
        took.Sort();
        return took;
    }
}
