using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Tail;

/// <summary>Memory that does not keep what was put into it costs no event that the disk has.</summary>
public sealed class WrongMemoryTests
{
    private const int RecordBytes = 1000;

    private static readonly WalOptions Options = TestDisk.Small with { SegmentBytes = 1024 * 1024, TailBytes = 512 * 1024 };

    /// <summary>Where in a frame, and which bits: all fields of its header but that one's checksum, which need not be asked.</summary>
    public static TheoryData<int, byte> Bits => new()
    {
        { 0, 0x10 },
        { 1, 0x80 },
        { 3, 0x80 },
        { 3, 0x40 },
        { FrameHeader.TypeOffset, 0x02 },
        { FrameHeader.TypeOffset, 0x03 },
        { FrameHeader.TypeOffset, 0x80 },
        { FrameHeader.SequenceOffset, 0x01 },
        { FrameHeader.SequenceOffset + 7, 0x80 },
        { FrameHeader.BodyChecksumOffset, 0x04 },
        { FrameHeader.Bytes, 0x01 },
        { FrameHeader.Bytes + 500, 0x20 },
    };

    [Theory, MemberData(nameof(Bits))]
    public void A_bit_of_a_record_that_flips_in_memory_costs_no_event(int at, byte bits)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(20);
        Flip(log, 5, at, bits);
        reader.ReadAll().AssertFilled(1, 20);
        Assert.Empty(log.Quarantined);
        Assert.Equal(1, log.MemoryErrors);
    }

    [Theory, MemberData(nameof(Bits))]
    public void A_bit_that_flips_in_memory_before_where_a_reader_begins_costs_no_event(int at, byte bits)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options);
        log.Fill(20);
        Flip(log, 5, at, bits);
        log.ReadAll(from: 8).AssertFilled(8, 20);
        Assert.Empty(log.Quarantined);
        // The body of what is passed over is not looked at.
        Assert.Equal(at < FrameHeader.Bytes ? 1 : 0, log.MemoryErrors);
    }

    [Theory]
    [InlineData(0, 0x08)]
    [InlineData(3, 0x80)]
    [InlineData(FrameHeader.TypeOffset, 0x03)]
    [InlineData(FrameHeader.SequenceOffset, 0x02)]
    public void A_bit_of_a_commit_that_flips_in_memory_costs_no_event(int at, byte bits)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(20);
        Flip(log, 5, FrameHeader.FrameBytes(RecordBytes) + at, bits);
        reader.ReadAll().AssertFilled(1, 20);
        Assert.Empty(log.Quarantined);
        Assert.Equal(1, log.MemoryErrors);
    }

    [Fact]
    public void Once_what_was_wrong_is_passed_a_reader_reads_from_memory_again()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(5);
        Flip(log, 3, FrameHeader.Bytes, 1);
        reader.ReadAll().AssertFilled(1, 5);
        log.Fill(5);
        var before = log.ReadFromMemory;
        reader.ReadAll().AssertFilled(6, 10);
        Assert.Equal(before + 5, log.ReadFromMemory);
    }

    /// <summary>What a reader of the file reads ahead ends within a frame, and the whole of that one is in memory.</summary>
    [Fact]
    public void A_record_whose_header_was_in_the_file_and_whose_body_is_in_memory_is_read_from_the_file()
    {
        const int Records = 300;
        using var disk = TestDisk.Create(DiskKind.Real);
        // A direct write would take what flipped in front of the group along.
        using var log = disk.Open(Options with { TailBytes = 256 * 1024, DirectWrites = false });
        using var close = log.OpenReader(1);
        for (var number = 1; number <= Records; number++)
        {
            log.Fill(1);
            Assert.Equal(WalReadStatus.Record, close.Read());
            Flip(close, FrameHeader.Bytes + 7, 4);
        }
        log.ReadAll().AssertFilled(1, Records);
        Assert.Empty(log.Quarantined);
        Assert.Equal(1, log.MemoryErrors);
    }

    [Fact]
    public void What_is_wrong_in_memory_and_on_the_disk_is_damage()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(5);
        Flip(log, 3, FrameHeader.Bytes, 1);
        var third = SegmentHeader.BlockBytes + (2 * (FrameHeader.FrameBytes(RecordBytes) + CommitBody.FrameBytes));
        disk.Damage(disk.Segments.Single(), third + FrameHeader.Bytes, 0);
        var content = reader.ReadAll();
        Assert.Equal(new WalGap(3, 1, false, false), content.Gaps.Single());
        Assert.Equal([1, 2, 4, 5], content.Records.Keys);
        Assert.Single(log.Quarantined);
    }

    /// <summary>Where memory is to be compared, wrong memory must not pass for right.</summary>
    [Theory, MemberData(nameof(Bits))]
    public void A_comparison_finds_each_bit_that_flipped(int at, byte bits)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options with { TailCompared = true });
        using var reader = log.OpenReader(1);
        log.Fill(5);
        Flip(log, 3, at, bits);
        Assert.Equal(WalReadStatus.Record, reader.Read());
        Assert.Equal(WalReadStatus.Record, reader.Read());
        Assert.Throws<InvalidOperationException>(() => reader.Read());
    }

    /// <summary>Flips bits in the memory of a record's frame, or behind it, as they are counted from the frame's first byte.</summary>
    private static void Flip(WriteAheadLog log, long number, int at, byte bits)
    {
        using var reader = log.OpenReader(number);
        var before = log.ReadFromMemory;
        Assert.Equal(WalReadStatus.Record, reader.Read());
        Assert.Equal(number, reader.Sequence);
        Flip(reader, at, bits);
        reader.Dispose();
        Assert.Equal(before + 1, log.ReadFromMemory);
    }

    private static void Flip(WalReader reader, int at, byte bits) =>
        Unsafe.Add(ref MemoryMarshal.GetReference(reader.Body), at - FrameHeader.Bytes) ^= bits;
}
