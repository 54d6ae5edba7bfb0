using System.Text;
using Ingest.Publishing;
using Ingest.Simulation.Disk;
using Ingest.Wal;
using Ingest.Wal.Storage;

namespace Ingest.Simulation.Node;

/// <summary>The directories of one machine, a simulated disk for each; they share its failures and its power.</summary>
internal sealed class SimulatedPlaces(Random random) : ILogPlaces
{
    private readonly SortedDictionary<string, SimulatedDisk> _disks = new(StringComparer.Ordinal);
    private SimulatedDisk[] _present = [];
    private long _capacity = long.MaxValue;

    /// <summary>Failures to come, on all of them.</summary>
    internal DiskFaults Faults { get; } = new();

    /// <summary>
    /// What the product did to a disk that no code may do; null: nothing. A cursor's file is written again after a failed flush, as a
    /// whole and in its other slot, so that nothing rests on what that flush left.
    /// </summary>
    internal string? Violation
    {
        get
        {
            // Asked at every step, and nearly always there is none.
            foreach (var disk in _present)
            {
                if (disk.Violations.Count > 0
                    && disk.Violations.FirstOrDefault(what => !what.StartsWith("cursors/", StringComparison.Ordinal)) is { } violation)
                {
                    return violation;
                }
            }
            return null;
        }
    }

    /// <summary>How many direct writes each disk takes.</summary>
    internal int DirectWritesLeft { get; init; } = int.MaxValue;

    /// <summary>Bytes each directory may take.</summary>
    internal long Capacity
    {
        get => _capacity;
        set
        {
            _capacity = value;
            foreach (var disk in _disks.Values)
            {
                // What is full already stays as it is: it takes nothing more.
                disk.Capacity = value;
            }
        }
    }

    /// <summary>Every file with a sum over its bytes.</summary>
    internal IEnumerable<string> Describe() =>
        _disks.SelectMany(place => place.Value.Files.Select(file =>
            $"{place.Key}/{file} {Ingest.Wal.Format.Crc32C.Compute(place.Value.ReadAll(file)):x8}"));

    /// <summary>Stops the machine or the process.</summary>
    internal void Crash(CrashStyle style)
    {
        foreach (var disk in _disks.Values)
        {
            disk.Crash(style, random.Next());
        }
    }

    /// <inheritdoc/>
    public bool Exists(string directory) => _disks.ContainsKey(directory);

    /// <inheritdoc/>
    public string? ReadText(string path)
    {
        var (directory, file) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        return _disks.TryGetValue(directory, out var disk) && disk.Files.Contains(file)
            ? Encoding.ASCII.GetString(disk.ReadAll(file))
            : null;
    }

    /// <inheritdoc/>
    public void DeleteFile(string path)
    {
        using var directory = Open(Path.GetDirectoryName(path)!);
        directory.Delete(Path.GetFileName(path));
        directory.Sync();
    }

    /// <inheritdoc/>
    public void Move(string directory, string to)
    {
        _disks.Remove(directory, out var disk);
        _disks.Add(to, disk!);
        _present = [.. _disks.Values];
    }

    /// <inheritdoc/>
    public void Delete(string directory)
    {
        _disks.Remove(directory);
        _present = [.. _disks.Values];
    }

    /// <inheritdoc/>
    public IWalDirectory Open(string directory)
    {
        if (!_disks.TryGetValue(directory, out var disk))
        {
            disk = _disks[directory] = new SimulatedDisk(random.Next(), Faults)
            {
                Capacity = Capacity,
                DirectWritesLeft = DirectWritesLeft,
            };
            _present = [.. _disks.Values];
        }
        return disk.Mount();
    }

    /// <inheritdoc/>
    public WriteAheadLog OpenLog(IWalDirectory directory, WalOptions options) =>
        WriteAheadLog.Open(directory, options, () => (ulong)random.NextInt64());
}
