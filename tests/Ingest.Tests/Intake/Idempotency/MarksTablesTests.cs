using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Producers;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Idempotency;

/// <summary>The files of repeats and of producers, with a checksum that is right over what makes no sense.</summary>
public sealed class MarksTablesTests
{
    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(32, -1)]
    [InlineData(44, long.MaxValue)]
    [InlineData(44, long.MinValue)]
    public void Repeats_with_a_number_or_time_that_there_is_not_are_damaged_and_not_taken_over_in_part(int offset, long value)
    {
        var window = new IdempotencyWindow(TimeSpan.FromMinutes(10), 16, _time);
        window.Restore(new RequestMark(1, 2), 3, 4, TimeSpan.Zero);
        window.Restore(new RequestMark(5, 6), 7, 8, TimeSpan.Zero);
        var file = new List<byte>();
        IdempotencyTable.Write(window, _time, piece => file.AddRange(piece));
        var second = sizeof(uint) + IdempotencyTable.RequestBytes;

        Assert.False(IsTaken([.. file], second + offset, value, out var known));
        Assert.Equal(0, known);
        Assert.True(IsTaken([.. file], second + 32, 9, out known));
        Assert.Equal(2, known);
        Assert.False(IsTaken([.. file[..^5], .. file[^4..]], second + 32, 9, out known));
        Assert.Equal(0, known);
    }

    [Theory]
    [InlineData(16, -1)]
    [InlineData(24, 0)]
    [InlineData(24, -5)]
    [InlineData(32, long.MaxValue)]
    [InlineData(33, -1)]
    public void Producers_with_a_number_or_time_that_there_is_not_are_damaged_and_not_taken_over_in_part(int offset, long value)
    {
        var producers = Producers();
        producers.Restore(1, 0, 5, [], TimeSpan.Zero);
        producers.Restore(2, 3, 9, [new RememberedRequest(8, 1, 100, 7)], TimeSpan.Zero);
        var file = new ArrayBufferWriter<byte>();
        ProducerTable.Begin(file);
        producers.Write(file);
        ProducerTable.End(file);
        var read = Producers();

        // The first entry has 41 bytes: it remembers no request.
        Assert.False(ProducerTable.TryRead(With(file.WrittenSpan.ToArray(), sizeof(uint) + 41 + offset, value), read, _time.GetUtcNow()));
        Assert.Equal(0, read.Count);
        Assert.True(ProducerTable.TryRead(file.WrittenSpan, read, _time.GetUtcNow()));
        Assert.Equal(2, read.Count);
    }

    private ProducerSequences Producers() => new(16, TimeSpan.FromDays(1), _time);

    private bool IsTaken(byte[] file, int offset, long value, out int known)
    {
        var window = new IdempotencyWindow(TimeSpan.FromMinutes(10), 16, _time);
        var taken = IdempotencyTable.TryRead(With(file, offset, value), window, _time.GetUtcNow());
        known = window.Count;
        return taken;
    }

    private static byte[] With(byte[] file, int offset, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(offset), value);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(file.Length - sizeof(uint)), Crc32.HashToUInt32(file.AsSpan(..^sizeof(uint))));
        return file;
    }
}
