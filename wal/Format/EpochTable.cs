using System.Buffers.Binary;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Format;

/// <summary>
/// The file <c>epochs</c>: which opening of the log gave out which numbers, and which numbers none did (FORMAT.md §9). Immutable. A number
/// before the first entry, and every number of a log that earlier builds wrote, has the log's own identity.
/// </summary>
/// <remarks>
/// Invariants: entries are in order of <see cref="Epoch.First"/>; <c>Before &lt; First</c>; stretches passed over do not overlap.
/// An entry is durable
/// before a number of it is given out, so whatever was seen outside is found here, or, where the file was lost, in the header of
/// the segment
/// that the epoch began.
/// </remarks>
internal sealed class EpochTable
{
    internal const string FileName = "epochs";

    /// <summary>Entries kept, 128 KiB: of older ones only the sum of the numbers passed over.</summary>
    internal const int EntriesMax = 4096;

    internal static readonly EpochTable Empty = new([], 0, Guid.Empty);

    private const int HeaderBytes = 40;
    private const int EntryBytes = 32;
    private const int BytesMax = HeaderBytes + (EntriesMax * EntryBytes) + sizeof(uint);

    private readonly Epoch[] _entries;
    private readonly long _skippedBefore;

    private EpochTable(Epoch[] entries, long skippedBefore, Guid logId) =>
        (_entries, _skippedBefore, LogId) = (entries, skippedBefore, logId);

    internal IReadOnlyList<Epoch> Entries => _entries;

    /// <summary>The log it belongs to; empty while there are no entries.</summary>
    internal Guid LogId { get; }

    /// <summary>The newest epoch; empty when there is no entry.</summary>
    internal Guid Newest => _entries.Length > 0 ? _entries[^1].Id : Guid.Empty;

    /// <summary>The last number that may have been given out by an epoch before the last one; 0 when there is none.</summary>
    internal long Evidence => _entries.Length > 0 ? _entries[^1].First - 1 : 0;

    private static ReadOnlySpan<byte> Magic => "INGSTEPO"u8;

    /// <summary>The identity under which a number was given out: the log's own before the first entry.</summary>
    internal Guid IdOf(long sequence)
    {
        var index = IndexOf(sequence);
        return index < 0 ? LogId : _entries[index].Id;
    }

    /// <summary>How many of the numbers up to this one were passed over.</summary>
    internal long SkippedUpTo(long sequence)
    {
        var skipped = _skippedBefore;
        foreach (var entry in _entries)
        {
            skipped += Math.Clamp(sequence - entry.Before, 0, entry.Skipped);
        }
        return skipped;
    }

    /// <summary>
    /// The last number given out before <paramref name="first"/>: the one before it, unless it and more were passed over. Epochs
    /// that began there
    /// and gave none out are passed over with them.
    /// </summary>
    internal long LastBefore(long first)
    {
        var last = first - 1;
        for (var i = IndexOf(first); i >= 0 && _entries[i].First > last; i--)
        {
            last = _entries[i].Before;
        }
        return last;
    }

    /// <summary>The last number known to have been given out before <paramref name="first"/>, where an epoch begins there.</summary>
    internal long? BeforeOf(long first) =>
        IndexOf(first) is >= 0 and var index && _entries[index].First == first ? _entries[index].Before : null;

    /// <summary>
    /// The last number an epoch may have given out; null when it is not of this log, <see cref="long.MaxValue"/> for the present one.
    /// </summary>
    internal long? LastOf(Guid id)
    {
        var index = Array.FindLastIndex(_entries, entry => entry.Id == id);
        if (index < 0 && id != LogId)
        {
            return null;
        }
        return index + 1 < _entries.Length ? _entries[index + 1].First - 1 : long.MaxValue;
    }

    /// <summary>
    /// Whether a number that is not in the log was passed over, and the last number from there on of which the same is true.
    /// </summary>
    internal (bool Skipped, long Last) Missing(long sequence)
    {
        var next = IndexOf(sequence) + 1;
        if (next >= _entries.Length)
        {
            return (false, long.MaxValue);
        }
        return sequence > _entries[next].Before ? (true, _entries[next].First - 1) : (false, _entries[next].Before);
    }

    /// <summary>With one more entry behind the others. One that begins with the same number gave none out: it makes way.</summary>
    internal EpochTable With(Epoch next)
    {
        var replaced = _entries.Where(entry => entry.First >= next.First).Select(entry => entry.Before).DefaultIfEmpty(next.Before).Min();
        Epoch[] all = [.. _entries.Where(entry => entry.First < next.First), next with { Before = Math.Min(next.Before, replaced) }];
        var dropped = Math.Max(0, all.Length - EntriesMax);
        return new EpochTable(all[dropped..], _skippedBefore + all[..dropped].Sum(entry => entry.Skipped), LogId);
    }

    /// <summary>
    /// The table of a log, with what its segments say of the epochs they began: the file may have been lost, or another log's.
    /// </summary>
    /// <param name="logId">The log.</param>
    /// <param name="begun">By segments, in order.</param>
    internal EpochTable Of(Guid logId, IEnumerable<Epoch> begun)
    {
        var own = LogId == logId;
        var table = new EpochTable(own ? _entries : [], own ? _skippedBefore : 0, logId);
        var oldest = table._entries.Length >= EntriesMax ? table._entries[0].First : 0;
        foreach (var epoch in begun.Where(epoch => epoch.First > oldest))
        {
            if (table.BeforeOf(epoch.First) is null && (table.IdOf(epoch.First) != epoch.Id || epoch.Skipped > 0))
            {
                var at = table.IndexOf(epoch.First) + 1;
                table = new EpochTable([.. table._entries[..at], epoch, .. table._entries[at..]], table._skippedBefore, logId);
            }
        }
        return table;
    }

    /// <summary>What a directory's file says; empty when there is none or it is damaged.</summary>
    /// <exception cref="StorageException">The disk cannot read it: it is not replaced for that.</exception>
    internal static EpochTable Read(IWalDirectory directory, out bool damaged)
    {
        damaged = false;
        if (!directory.List().Contains(FileName))
        {
            return Empty;
        }
        using var file = directory.Open(FileName, writable: false);
        var bytes = new byte[Math.Min(file.Length, BytesMax)];
        var table = TryRead(bytes.AsSpan(0, file.Read(bytes, 0)));
        damaged = table is null;
        return table ?? Empty;
    }

    /// <summary>Replaces the directory's file, durably.</summary>
    /// <exception cref="StorageException">It could not be stored; the old one is still there.</exception>
    internal void Write(IWalDirectory directory) => AtomicFile.Write(directory, FileName, Encode());

    private int IndexOf(long sequence)
    {
        var (low, high) = (0, _entries.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].First <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low - 1;
    }

    private byte[] Encode()
    {
        var bytes = new byte[HeaderBytes + (_entries.Length * EntryBytes) + sizeof(uint)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), _entries.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), _skippedBefore);
        LogId.TryWriteBytes(bytes.AsSpan(24), bigEndian: true, out _);
        var rest = bytes.AsSpan(HeaderBytes);
        foreach (var entry in _entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, entry.First);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], entry.Before);
            entry.Id.TryWriteBytes(rest[16..], bigEndian: true, out _);
            rest = rest[EntryBytes..];
        }
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        return bytes;
    }

    private static EpochTable? TryRead(ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length < HeaderBytes + sizeof(uint) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (count is < 0 or > EntriesMax || !bytes.StartsWith(Magic) || bytes.Length != HeaderBytes + (count * EntryBytes) + sizeof(uint)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]) != Crc32C.Compute(bytes[..^sizeof(uint)]))
        {
            return null;
        }
        var entries = new Epoch[count];
        for (var i = 0; i < count; i++)
        {
            var entry = bytes.Slice(HeaderBytes + (i * EntryBytes), EntryBytes);
            entries[i] = new Epoch(
                BinaryPrimitives.ReadInt64LittleEndian(entry),
                BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                new Guid(entry.Slice(16, 16), bigEndian: true));
            if (entries[i].Skipped < 0 || entries[i].Before < 0 || (i > 0 && entries[i].First <= entries[i - 1].First))
            {
                return null;
            }
        }
        return new EpochTable(entries, BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), new Guid(bytes.Slice(24, 16), bigEndian: true));
    }
}
