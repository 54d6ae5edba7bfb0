using FsCheck;
using FsCheck.Fluent;
using Ingest.Wal.Format;

namespace Ingest.Wal.Tests.Format;

public sealed class FrameTests
{
    private const uint Salt = 0xC0FFEE;

    [Fact]
    public void A_frame_reads_back_what_was_written() => Prop.ForAll(
        (byte[] body, PositiveInt sequence, uint salt) =>
        {
            var bytes = Frame(body, sequence.Get, salt);
            return Wal.Format.Frame.TryRead(bytes, salt, bytes.Length, out var frame)
                && frame == new Frame(FrameType.Record, sequence.Get, body.Length, Crc32C.Compute(body), frame.Checksum)
                && frame.Bytes == bytes.Length && frame.Bytes % FrameHeader.Alignment == 0
                && frame.Matches(bytes.AsSpan(FrameHeader.Bytes, body.Length));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_frame_of_another_segment_is_none() => Prop.ForAll(
        (byte[] body, uint salt, uint other) =>
            salt == other || !Wal.Format.Frame.TryRead(Frame(body, 1, salt), other, int.MaxValue, out _))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Every_flipped_bit_of_a_header_is_noticed()
    {
        var bytes = Frame([1, 2, 3, 4, 5], 7, Salt);
        for (var bit = 0; bit < FrameHeader.Bytes * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Wal.Format.Frame.TryRead(bytes, Salt, bytes.Length, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.True(Wal.Format.Frame.TryRead(bytes, Salt, bytes.Length, out _));
    }

    [Fact]
    public void Random_bytes_and_zeros_are_no_frames()
    {
        Assert.False(Wal.Format.Frame.TryRead(new byte[24], 0, 24, out _));
        var random = new Random(1);
        var bytes = new byte[FrameHeader.Bytes];
        for (var i = 0; i < 1_000_000; i++)
        {
            random.NextBytes(bytes);
            Assert.False(Wal.Format.Frame.TryRead(bytes, Salt, int.MaxValue, out _));
        }
    }

    [Fact]
    public void A_length_beyond_what_is_left_is_refused_before_anybody_allocates_it()
    {
        var bytes = Frame(new byte[100], 1, Salt);
        Assert.True(Wal.Format.Frame.TryRead(bytes, Salt, 124, out _));
        Assert.False(Wal.Format.Frame.TryRead(bytes, Salt, 123, out _));
        Assert.False(Wal.Format.Frame.TryRead(bytes.AsSpan(0, 23), Salt, 1000, out _));
        Assert.False(Wal.Format.Frame.TryRead(bytes, Salt, -1, out _));
    }

    [Fact]
    public void Commits_and_seals_read_back_what_was_written() => Prop.ForAll(
        (PositiveInt first, PositiveInt count, long unixMs) =>
        {
            var offset = SegmentHeader.BlockBytes + 80;
            var commit = new CommitBody(first.Get, count.Get, 80 + CommitBody.FrameBytes, SegmentHeader.BlockBytes, unixMs, (uint)unixMs);
            var bytes = new byte[CommitBody.FrameBytes];
            commit.WriteFrame(bytes, Salt);
            var last = first.Get + (long)count.Get - 1;
            var name = new SegmentName(first.Get, 5);
            var seal = new SealBody(offset, count.Get, unixMs, unixMs + 1);
            var sealBytes = new byte[SealBody.FrameBytes];
            seal.WriteFrame(sealBytes, last, name.Salt);
            return Wal.Format.Frame.TryRead(bytes, Salt, bytes.Length, out var frame)
                && frame.Type == FrameType.Commit && frame.Sequence == last
                && CommitBody.TryRead(bytes.AsSpan(FrameHeader.Bytes), offset, last, out var read) && read == commit
                && !CommitBody.TryRead(bytes.AsSpan(FrameHeader.Bytes), offset + 8, last, out _)
                && !CommitBody.TryRead(bytes.AsSpan(FrameHeader.Bytes), offset, last + 1, out _)
                && SealBody.TryRead(sealBytes, name, 100_000, out var readSeal, out var readLast) && (readSeal, readLast) == (seal, last)
                && !SealBody.TryRead(sealBytes, name with { Id = 6 }, 100_000, out _, out _)
                && !SealBody.TryRead(sealBytes, name, offset, out _, out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Names_sort_by_position_and_read_back() => Prop.ForAll(
        (PositiveInt first, PositiveInt second, long id) =>
        {
            var (a, b) = (new SegmentName(first.Get, (ulong)id), new SegmentName(second.Get, 0));
            return SegmentName.TryParse(a.ToString(), out var read) && read == a
                && (first.Get == second.Get
                    || string.CompareOrdinal(a.ToString(), b.ToString()) < 0 == first.Get < second.Get);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00000000000000000001-0000000000000001.wa")]
    [InlineData("00000000000000000001-0000000000000001.wal2")]
    [InlineData("00000000000000000001_0000000000000001.wal")]
    [InlineData("0000000000000000000x-0000000000000001.wal")]
    [InlineData("00000000000000000001-000000000000000g.wal")]
    [InlineData("-0000000000000000001-0000000000000001.wal")]
    [InlineData("99999999999999999999-0000000000000001.wal")]
    [InlineData("00000000000000000000-0000000000000001.wal")]
    public void Other_names_are_not_segments(string? file) => Assert.False(SegmentName.TryParse(file, out _));

    [Fact]
    public void Every_flipped_bit_of_a_segment_header_is_noticed()
    {
        var block = new byte[SegmentHeader.BlockBytes];
        var header = new SegmentHeader(Guid.NewGuid(), new SegmentName(9, 7), 123, 65536, new Epoch(9, 5, Guid.NewGuid()));
        header.Write(block);
        Assert.True(SegmentHeader.TryRead(block, out var read));
        Assert.Equal(header, read);
        for (var bit = 0; bit < SegmentHeader.Bytes * 8; bit++)
        {
            block[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(SegmentHeader.TryRead(block, out _));
            block[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.False(SegmentHeader.TryRead(block.AsSpan(0, 63), out _));
    }

    private static byte[] Frame(byte[] body, long sequence, uint salt)
    {
        var bytes = new byte[FrameHeader.FrameBytes(body.Length)];
        body.CopyTo(bytes, FrameHeader.Bytes);
        FrameHeader.Write(bytes, FrameType.Record, sequence, body.Length, salt);
        return bytes;
    }
}
