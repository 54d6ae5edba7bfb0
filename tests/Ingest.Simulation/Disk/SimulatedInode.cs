using System.Runtime.InteropServices;

namespace Ingest.Simulation.Disk;

/// <summary>
/// A file's bytes: as written, and, sector by sector, what each unflushed sector held before. Whatever survives a crash is one of those.
/// </summary>
internal sealed class SimulatedInode
{
    internal const int SectorBytes = 512;

    // Most sectors of most files are empty: all of those are this one. No sector's bytes are changed: a write puts another one in its
    // place.
    private static readonly byte[] Empty = new byte[SectorBytes];

    /// <summary>Contents an unflushed sector had since the last flush, oldest (the flushed one) first, the present one left out.</summary>
    private readonly Dictionary<int, Former> _unflushed = [];

    /// <summary>Sectors a failed flush gave up: the cache says they are clean, the platter has the old bytes.</summary>
    private readonly Dictionary<int, byte[]> _forsaken = [];
    private byte[][] _sectors = [];
    private long _flushedLength;

    internal long Length { get; private set; }

    /// <summary>The process that held the disk when a flush of this file failed: to the same process another one would lie.</summary>
    internal SimulatedDirectory? FlushFailedFor { get; private set; }

    internal int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var at = (int)offset + done;
            var part = Sector(at / SectorBytes).AsSpan(at % SectorBytes);
            part = part[..Math.Min(part.Length, count - done)];
            part.CopyTo(buffer[done..]);
            done += part.Length;
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
        Put(bytes, (int)offset);
        Length = Math.Max(Length, end);
    }

    internal void SetLength(long length)
    {
        Reserve((int)length);
        for (var from = (int)length; from < Length;)
        {
            var to = (int)Math.Min(Length, (from / SectorBytes * SectorBytes) + SectorBytes);
            Put(Empty.AsSpan(0, to - from), from);
            from = to;
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
            _forsaken.TryAdd(sector, versions.Oldest);
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
            _sectors[sector] = bytes;
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
                var old = style == CrashStyle.AllLost ? versions.Oldest : versions[random.Next(versions.Count)];
                _sectors[dirty[i]] = Tear(Sector(dirty[i]), old, style, random);
            }
        }
        LoseLength(style, random);
    }

    /// <summary>Damages the platter: what was flushed is not what comes back.</summary>
    internal void Corrupt(long offset, ReadOnlySpan<byte> bytes) => Put(bytes, (int)offset);

    internal byte[] ToArray()
    {
        var bytes = new byte[Length];
        Read(bytes, 0);
        return bytes;
    }

    /// <summary>The old bytes, or old ones up to some byte and new ones from there, or the other way round. Bytes that no write touched are
    /// the same in both.</summary>
    private static byte[] Tear(byte[] present, byte[] old, CrashStyle style, Random random)
    {
        var (from, to) = (style, random.Next(4)) switch
        {
            (CrashStyle.AnySubset, 0) => (0, random.Next(SectorBytes)),
            (CrashStyle.AnySubset, 1) => (random.Next(SectorBytes), SectorBytes),
            _ => (0, SectorBytes),
        };
        byte[] torn = [.. present];
        old.AsSpan(from, to - from).CopyTo(torn.AsSpan(from));
        return torn;
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
        ref var versions = ref CollectionsMarshal.GetValueRefOrAddDefault(_unflushed, sector, out var isKnown);
        versions.Add(!isKnown && _forsaken.Count > 0 && _forsaken.Remove(sector, out var platter) ? platter : Sector(sector));
    }

    private byte[] Sector(int sector) => _sectors[sector];

    private void Put(ReadOnlySpan<byte> bytes, int offset)
    {
        while (bytes.Length > 0)
        {
            var (sector, within) = (offset / SectorBytes, offset % SectorBytes);
            var part = bytes[..Math.Min(bytes.Length, SectorBytes - within)];
            if (_sectors[sector] != Empty || part.ContainsAnyExcept((byte)0))
            {
                byte[] changed = part.Length == SectorBytes ? new byte[SectorBytes] : [.. _sectors[sector]];
                part.CopyTo(changed.AsSpan(within));
                _sectors[sector] = changed;
            }
            bytes = bytes[part.Length..];
            offset += part.Length;
        }
    }

    private void Reserve(int length)
    {
        var sectors = (length + SectorBytes - 1) / SectorBytes;
        var had = _sectors.Length;
        if (had < sectors)
        {
            Array.Resize(ref _sectors, sectors);
            Array.Fill(_sectors, Empty, had, sectors - had);
        }
    }

    // Nearly always one: most sectors are written once between two flushes.
    private struct Former
    {
        private List<byte[]>? _later;

        internal byte[] Oldest { get; private set; }

        internal readonly int Count => _later is null ? 1 : _later.Count + 1;

        internal readonly byte[] this[int index] => index == 0 ? Oldest : _later![index - 1];

        internal void Add(byte[] sector)
        {
            if (Oldest is null)
            {
                Oldest = sector;
            }
            else
            {
                (_later ??= []).Add(sector);
            }
        }
    }
}
