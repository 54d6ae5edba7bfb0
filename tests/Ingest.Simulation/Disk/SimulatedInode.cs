namespace Ingest.Simulation.Disk;

/// <summary>
/// A file's bytes: as written, and, sector by sector, what each unflushed sector held before. Whatever survives a crash is one of those.
/// </summary>
internal sealed class SimulatedInode
{
    internal const int SectorBytes = 512;

    /// <summary>Contents an unflushed sector had since the last flush, oldest (the flushed one) first, the present one left out.</summary>
    private readonly Dictionary<int, List<byte[]>> _unflushed = [];

    /// <summary>Sectors a failed flush gave up: the cache says they are clean, the platter has the old bytes.</summary>
    private readonly Dictionary<int, byte[]> _forsaken = [];
    private byte[] _bytes = [];
    private long _flushedLength;

    internal long Length { get; private set; }

    /// <summary>The process that held the disk when a flush of this file failed: to the same process another one would lie.</summary>
    internal SimulatedDirectory? FlushFailedFor { get; private set; }

    internal int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        if (count > 0)
        {
            _bytes.AsSpan((int)offset, count).CopyTo(buffer);
        }
        return count;
    }

    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        var end = (int)offset + bytes.Length;
        Reserve(end);
        for (var sector = (int)offset / SectorBytes; sector * SectorBytes < end; sector++)
        {
            Remember(sector);
        }
        bytes.CopyTo(_bytes.AsSpan((int)offset));
        Length = Math.Max(Length, end);
    }

    internal void SetLength(long length)
    {
        Reserve((int)length);
        if (length < Length)
        {
            _bytes.AsSpan((int)length, (int)(Length - length)).Clear();
        }
        Length = length;
    }

    internal void Flush()
    {
        _unflushed.Clear();
        _flushedLength = Length;
    }

    /// <summary>Some sectors reached the platter, the others are forgotten: as the kernel does, a later flush will not try them
    /// again.</summary>
    internal void FailFlush(SimulatedDirectory by, Random random)
    {
        FlushFailedFor = by;
        foreach (var (sector, versions) in _unflushed.Where(_ => random.Next(2) == 0))
        {
            _forsaken.TryAdd(sector, versions[0]);
        }
        _unflushed.Clear();
        _flushedLength = Length;
    }

    internal void Crash(CrashStyle style, Random random)
    {
        FlushFailedFor = null;
        if (style == CrashStyle.ProcessKilled)
        {
            // The page cache stays as it is, with what it owes the platter: power may still go behind it.
            return;
        }
        KeepWhatTheStyleSays(style, random);
        _unflushed.Clear();
        _forsaken.Clear();
        _flushedLength = Length;
    }

    private void KeepWhatTheStyleSays(CrashStyle style, Random random)
    {
        foreach (var (sector, bytes) in _forsaken)
        {
            bytes.CopyTo(Sector(sector));
        }
        var dirty = _unflushed.Keys.Order().ToList();
        var keptTo = style == CrashStyle.Prefix ? random.Next(dirty.Count + 1) : 0;
        var lost = style == CrashStyle.AlmostAllKept && dirty.Count > 0
            ? [dirty[random.Next(dirty.Count)], dirty[random.Next(dirty.Count)]]
            : new HashSet<int>();
        for (var i = 0; i < dirty.Count; i++)
        {
            var versions = _unflushed[dirty[i]];
            var kept = style switch
            {
                CrashStyle.Prefix => i < keptTo,
                CrashStyle.AlmostAllKept => !lost.Contains(dirty[i]),
                CrashStyle.AnySubset => random.Next(2) == 0,
                _ => false,
            };
            if (!kept)
            {
                var old = style == CrashStyle.AllLost ? versions[0] : versions[random.Next(versions.Count)];
                Tear(Sector(dirty[i]), old, style, random);
            }
        }
        LoseLength(style, random);
    }

    /// <summary>Damages the platter: what was flushed is not what comes back.</summary>
    internal void Corrupt(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan((int)offset));

    internal byte[] ToArray() => _bytes.AsSpan(0, (int)Length).ToArray();

    /// <summary>The old bytes, or old ones up to some byte and new ones from there, or the other way round. Bytes that no write touched are
    /// the same in both.</summary>
    private static void Tear(Span<byte> present, byte[] old, CrashStyle style, Random random)
    {
        var (from, to) = (style, random.Next(4)) switch
        {
            (CrashStyle.AnySubset, 0) => (0, random.Next(SectorBytes)),
            (CrashStyle.AnySubset, 1) => (random.Next(SectorBytes), SectorBytes),
            _ => (0, SectorBytes),
        };
        old.AsSpan(from, to - from).CopyTo(present[from..]);
    }

    private void LoseLength(CrashStyle style, Random random)
    {
        if (Length == _flushedLength)
        {
            return;
        }
        var (low, high) = (Math.Min(Length, _flushedLength), Math.Max(Length, _flushedLength));
        SetLength(style switch
        {
            CrashStyle.AllLost => _flushedLength,
            CrashStyle.AlmostAllKept => Length,
            _ => random.NextInt64(low, high + 1),
        });
    }

    private void Remember(int sector)
    {
        if (!_unflushed.TryGetValue(sector, out var versions))
        {
            _unflushed.Add(sector, versions = []);
            if (_forsaken.Remove(sector, out var platter))
            {
                versions.Add(platter);
                return;
            }
        }
        versions.Add(Sector(sector).ToArray());
    }

    private Span<byte> Sector(int sector) => _bytes.AsSpan(sector * SectorBytes, SectorBytes);

    private void Reserve(int length)
    {
        var sectors = (length + SectorBytes - 1) / SectorBytes * SectorBytes;
        if (_bytes.Length < sectors)
        {
            Array.Resize(ref _bytes, sectors);
        }
    }
}
