using System.Buffers.Binary;
using Ingest.Simulation.Disk;
using Ingest.Wal;
using Ingest.Wal.Format;
using Ingest.Wal.Inspection;
using Ingest.Wal.Reading;
using Ingest.Wal.Repair;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A segment's frames, recovered, read, verified and repaired. Whatever they are: every number up to the durable position is a record or
/// in a gap, once; a record's bytes stood in the segment under its number and checksum; another start reads the same.
/// </summary>
/// <remarks>
/// An input is a byte of flags (1: checksums are mended; 2: a further segment follows; 4: the last bytes lie where the seal does; 8: the
/// last bytes are what the further one says was given out before it; 16: it is verified and a repair is planned first) and the segment from
/// its first frame on.
/// </remarks>
internal sealed class SegmentTarget : FuzzTarget
{
    private const int SegmentBytes = WalOptions.SegmentBytesMin;
    private const byte Mended = 1;
    private const byte Followed = 2;
    private const byte Sealed = 4;
    private const byte Skipping = 8;
    private const byte Inspected = 16;

    private static readonly WalOptions Options = new() { SegmentBytes = SegmentBytes, SegmentsAhead = 0 };
    private static readonly Guid LogId = new("0f0e0d0c-0b0a-0908-0706-050403020100");
    private static readonly SegmentName First = new(1, 0x1122334455667788);

    public override string Name => "segment";

    internal override IEnumerable<byte[]> Seeds => Make();

    internal override long AllocatedBytesMax => 64 * 1024 * 1024;

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var image = Image(input);
        var frames = RecordsIn(image);
        var disk = new SimulatedDisk();
        Put(disk, First, image);
        if ((input[0] & Followed) != 0)
        {
            var next = new SegmentName(20, 0x99);
            var isSkipping = (input[0] & Skipping) != 0 && input.Length > sizeof(long);
            Put(disk, next, Header(next, isSkipping ? BinaryPrimitives.ReadInt64LittleEndian(input.AsSpan()[^sizeof(long)..]) : 19));
        }
        if ((input[0] & Inspected) != 0)
        {
            Inspect(disk);
        }
        var read = ReadAll(disk, frames);
        var again = ReadAll(disk, frames);
        FuzzException.Unless(
            read.All(record => again.TryGetValue(record.Key, out var body) && body.AsSpan().SequenceEqual(record.Value)),
            "the second start does not read what the first did");
    }

    private static void Inspect(SimulatedDisk disk)
    {
        using var looked = disk.MountReadOnly();
        LogInspector.Verify(looked);
        LogInspector.Summarize(looked);
        _ = LogInspector.Dump(looked).Count();
        LogRepair.Plan(looked);
    }

    private static Dictionary<long, byte[]> ReadAll(SimulatedDisk disk, ILookup<long, byte[]> frames)
    {
        var ids = 0x1000UL;
        var read = new Dictionary<long, byte[]>();
        using var log = WriteAheadLog.Open(disk.Mount(), Options, () => ids++);
        using var reader = log.OpenReader(1);
        var expected = log.FirstSequence > log.DurableSequence ? log.DurableSequence + 1 : reader.NextSequence;
        while (reader.Read() is var status && status != WalReadStatus.CaughtUp)
        {
            var (first, count) = status == WalReadStatus.Record ? (reader.Sequence, 1) : (reader.Gap.First, reader.Gap.Count);
            FuzzException.Unless(first == expected && count > 0, "a number is neither in a record nor in a gap, or in two of them");
            expected = first + count;
            if (status != WalReadStatus.Record)
            {
                continue;
            }
            var body = reader.Body.ToArray();
            FuzzException.Unless(
                frames[reader.Sequence].Any(stood => stood.AsSpan().SequenceEqual(body)), "a record has bytes that did not stand there");
            read[reader.Sequence] = body;
        }
        FuzzException.Unless(expected == log.DurableSequence + 1, "the reader stops before the durable position");
        return read;
    }

    /// <summary>Bodies with their numbers, of all frames anywhere in the segment that are records by their checksums.</summary>
    private static ILookup<long, byte[]> RecordsIn(byte[] image)
    {
        var found = new List<(long Sequence, byte[] Body)>();
        for (var at = SegmentHeader.BlockBytes; at + 24 <= image.Length; at += 8)
        {
            var head = image.AsSpan(at, 24);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (head[4] == 1 && length >= 0 && length <= image.Length - at - 24
                && BinaryPrimitives.ReadUInt32LittleEndian(head[20..]) == Checksums.Crc32C(head[..20], First.Salt)
                && BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) == Checksums.Crc32C(image.AsSpan(at + 24, length)))
            {
                found.Add((BinaryPrimitives.ReadInt64LittleEndian(head[8..]), image[(at + 24)..(at + 24 + length)]));
            }
        }
        return found.ToLookup(record => record.Sequence, record => record.Body);
    }

    private static byte[] Image(byte[] input)
    {
        var image = Header(First, 0);
        var frames = image.AsSpan(SegmentHeader.BlockBytes);
        var content = input.AsSpan(1);
        if ((input[0] & Sealed) != 0 && content.Length >= SealBody.FrameBytes)
        {
            content[^SealBody.FrameBytes..].CopyTo(frames[^SealBody.FrameBytes..]);
            content = content[..^SealBody.FrameBytes];
            Mend(frames[^SealBody.FrameBytes..], (input[0] & Mended) != 0);
        }
        content.CopyTo(frames);
        Mend(frames[..content.Length], (input[0] & Mended) != 0);
        return image;
    }

    /// <summary>Makes the checksums right of whatever looks like a frame, one behind the other.</summary>
    private static void Mend(Span<byte> frames, bool isWanted)
    {
        for (var at = 0; isWanted && at + 24 <= frames.Length;)
        {
            var frame = frames[at..];
            var length = BinaryPrimitives.ReadInt32LittleEndian(frame);
            if (frame[4] is < 1 or > 3 || length < 0 || length > frame.Length - 24)
            {
                at += 8;
                continue;
            }
            BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], Checksums.Crc32C(frame.Slice(24, length)));
            BinaryPrimitives.WriteUInt32LittleEndian(frame[20..], Checksums.Crc32C(frame[..20], First.Salt));
            at += FrameHeader.FrameBytes(length);
        }
    }

    private static byte[] Header(SegmentName name, long before)
    {
        var image = new byte[SegmentBytes];
        var epoch = new Epoch(name.BaseSequence, before, LogId);
        new SegmentHeader(LogId, name, 0, SegmentBytes, epoch).Write(image.AsSpan(0, SegmentHeader.BlockBytes));
        return image;
    }

    private static void Put(SimulatedDisk disk, SegmentName name, byte[] image)
    {
        using var directory = disk.Mount();
        using var file = directory.Create(name.ToString());
        file.Write(image, 0);
        file.Flush();
        directory.Sync();
    }

    /// <summary>Three groups of one to three records, as the log writes them; then the same with flags.</summary>
    private static IEnumerable<byte[]> Make()
    {
        var (frames, sequence) = (new List<byte>(), 1L);
        for (var group = 1; group <= 3; group++)
        {
            var (start, first, chain) = (frames.Count, sequence, First.Salt);
            for (var record = 0; record < group; record++)
            {
                var frame = new byte[FrameHeader.FrameBytes(5 + (group * 40))];
                frame.AsSpan(FrameHeader.Bytes, 5).Fill((byte)('a' + sequence));
                FrameHeader.Write(frame, FrameType.Record, sequence++, 5 + (group * 40), First.Salt);
                chain = CommitBody.Extend(chain, BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(20)));
                frames.AddRange(frame);
            }
            var commit = new byte[CommitBody.FrameBytes];
            var bytes = frames.Count - start + commit.Length;
            new CommitBody(first, group, bytes, SegmentHeader.BlockBytes + start, 1_700_000_000_000 + group, chain).WriteFrame(commit,
                First.Salt);
            frames.AddRange(commit);
        }
        var seal = new byte[SealBody.FrameBytes];
        new SealBody(SegmentHeader.BlockBytes + frames.Count, 6, 1, 2).WriteFrame(seal, 6, First.Salt);
        yield return [0, .. frames];
        yield return [Mended, .. frames];
        yield return [Mended | Followed | Inspected, .. frames];
        yield return [Mended | Followed | Sealed, .. frames, .. seal];
        yield return [Mended | Followed | Skipping, .. frames, 7, 0, 0, 0, 0, 0, 0, 0];
    }
}
