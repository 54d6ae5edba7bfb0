using System.Buffers.Binary;
using Ingest.Simulation.Disk;
using Ingest.Wal.Format;

namespace Ingest.Wal.Tests.Format;

/// <summary>What is said of epochs, with a checksum that is right over what makes no sense.</summary>
public sealed class EpochTableTests
{
    private static readonly Guid LogId = new("0f0e0d0c-0b0a-0908-0706-050403020100");

    [Theory]
    [InlineData(72, 0)]
    [InlineData(72, 1)]
    [InlineData(80, 90)]
    [InlineData(80, -1)]
    public void A_table_whose_stretches_are_in_no_order_is_damaged(int offset, long value)
    {
        var disk = new SimulatedDisk();
        using var directory = disk.Mount();
        EpochTable.Empty.Of(LogId, []).With(new Epoch(1, 0, LogId)).With(new Epoch(90, 10, Guid.Empty)).Write(directory);
        Assert.Equal(2, EpochTable.Read(directory, out var damaged).Entries.Count);
        Assert.False(damaged);

        var bytes = disk.ReadAll(EpochTable.FileName);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset), value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), Crc32C.Compute(bytes.AsSpan(..^4)));
        using (var file = directory.Open(EpochTable.FileName, writable: true))
        {
            file.Write(bytes, 0);
        }

        Assert.Empty(EpochTable.Read(directory, out damaged).Entries);
        Assert.True(damaged);
    }

    [Theory]
    [InlineData(19, true)]
    [InlineData(3, true)]
    [InlineData(20, false)]
    [InlineData(-1, false)]
    public void A_header_before_whose_first_number_nothing_can_have_been_given_out_is_damaged(long before, bool isRight)
    {
        var block = new byte[SegmentHeader.BlockBytes];
        new SegmentHeader(LogId, new SegmentName(20, 5), 0, WalOptions.SegmentBytesMin, new Epoch(20, before, LogId)).Write(block);

        Assert.Equal(isRight, SegmentHeader.TryRead(block, out _));
    }
}
