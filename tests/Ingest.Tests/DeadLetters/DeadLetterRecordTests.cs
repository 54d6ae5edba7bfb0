using Ingest.DeadLetters;
using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Tests.DeadLetters;

public sealed class DeadLetterRecordTests
{
    [Fact]
    public void A_letter_is_read_as_it_was_written()
    {
        byte[] body = [1, 2, 3, 4, 5];
        Check(
            batch => DeadLetterRecordWriter.WriteLetter(
                batch, "http", new RejectedEvent(42, body, "HTTP 400: nein ä", 3, 1000, 2000, IsRepeat: true)),
            bytes =>
            {
                Assert.True(DeadLetterRecord.TryRead(bytes, out var record));
                Assert.Equal((DeadLetterRecordKind.Letter, "http", 42L, 3, 1000L, 2000L, 0L, false), (record.Kind, record.Lane,
                    record.Sequence,
                    record.Attempts, record.FirstUnixMs, record.LastUnixMs, record.Ticket, record.IsCounted));
                Assert.Equal("HTTP 400: nein ä", record.Reason);
                Assert.Equal(body, record.Body.ToArray());
            });
    }

    [Fact]
    public void A_list_is_read_as_it_was_written() => Check(
        batch => DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Requeued, "kafka", 17, [3, long.MaxValue]),
        bytes =>
        {
            Assert.True(DeadLetterRecord.TryRead(bytes, out var record));
            Assert.Equal((DeadLetterRecordKind.Requeued, "kafka", 17L, 2), (record.Kind, record.Lane, record.Ticket, record.Count));
            Assert.Equal((3L, long.MaxValue), (record.SequenceAt(0), record.SequenceAt(1)));
        });

    [Fact]
    public void A_beginning_is_read_as_it_was_written() => Check(
        batch => DeadLetterRecordWriter.WriteBegun(batch, "kafka", 1842),
        bytes =>
        {
            Assert.True(DeadLetterRecord.TryRead(bytes, out var record));
            Assert.Equal((DeadLetterRecordKind.Begun, "kafka", 1842L), (record.Kind, record.Lane, record.Sequence));
        });

    [Fact]
    public void A_record_that_was_cut_or_is_of_another_kind_is_refused()
    {
        Check(
            batch => DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Dropped, "http", 0, [1, 2, 3]),
            bytes =>
            {
                for (var length = 0; length < bytes.Length; length++)
                {
                    Assert.False(DeadLetterRecord.TryRead(bytes[..length], out _));
                }
            });
        Check(
            batch => DeadLetterRecordWriter.WriteLetter(batch, "http", new RejectedEvent(1, default, "reason", 1, 0, 0)),
            bytes =>
            {
                for (var length = 0; length < bytes.Length; length++)
                {
                    Assert.False(DeadLetterRecord.TryRead(bytes[..length], out _));
                }
                foreach (var (at, value) in new[] { (0, 2), (0, 0), (1, 0), (1, 7), (4, 0) })
                {
                    var other = bytes.ToArray();
                    other[at] = (byte)value;
                    Assert.Equal(at == 4, DeadLetterRecord.TryRead(other, out _));
                }
            });
        Check(
            batch => DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Dropped, "http", 0, []),
            bytes =>
            {
                var negative = bytes.ToArray();
                negative[7] = 0xff;
                Assert.False(DeadLetterRecord.TryRead(negative, out _));
            });
    }

    [Theory]
    [InlineData("http/42", 42, "http")]
    [InlineData("a.b-c_d/1", 1, "a.b-c_d")]
    public void A_key_is_read_as_it_is_written(string text, long sequence, string lane)
    {
        Assert.True(DeadLetterKey.TryParse(text, out var key));
        Assert.Equal(new DeadLetterKey(sequence, lane), key);
        Assert.Equal(text, key.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("/1")]
    [InlineData("http")]
    [InlineData("http/")]
    [InlineData("http/0")]
    [InlineData("http/-1")]
    [InlineData("http/ 1")]
    [InlineData("http/99999999999999999999")]
    public void What_is_no_key_is_refused(string? text) => Assert.False(DeadLetterKey.TryParse(text, out _));

    private delegate void Look(ReadOnlySpan<byte> record);

    private static void Check(Action<RecordBatch> write, Look look)
    {
        using var batch = RecordBatch.Rent();
        write(batch);
        Assert.Equal(1, batch.Count);
        var body = batch.Frames[FrameHeader.Bytes..];
        look(body[..(int)BitConverter.ToUInt32(batch.Frames)]);
    }
}
