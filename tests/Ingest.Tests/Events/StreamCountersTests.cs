using Ingest.Events;

namespace Ingest.Tests.Events;

/// <summary>Counters of streams, which the totals of the log and the accounts of lanes share.</summary>
public sealed class StreamCountersTests
{
    [Fact]
    public void The_encoding_is_the_one_that_cursors_on_disk_have()
    {
        var counters = new StreamCounters(countersEach: 2);
        var stream = counters.Add("ab");
        (counters[stream, 0], counters[stream, 1]) = (3, 0x0102);
        var encoded = new byte[counters.EncodedBytes];
        counters.Encode(encoded);

        byte[] expected =
        [
            2, 0,
            7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "(other)"u8,
            2, 3, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, .. "ab"u8,
        ];
        Assert.Equal(expected, encoded);
    }

    [Fact]
    public void Streams_keep_their_index_when_they_are_read_back_and_what_stands_behind_is_left()
    {
        var counters = new StreamCounters(countersEach: 3);
        var (a, b) = (counters.Add("a"), counters.Add("b"));
        counters[b, 2] = 5;
        var encoded = new byte[counters.EncodedBytes + 1];
        counters.Encode(encoded);
        encoded[^1] = 77;

        var read = StreamCounters.TryDecode(encoded, 3, out var rest)!;
        Assert.Equal((a, b), (read.Find("a"u8), read.Find("b")));
        Assert.Equal((5, true, false), (read[b, 2], read.HasCounts(b), read.HasCounts(a)));
        Assert.Equal([77], rest.ToArray());
    }

    [Fact]
    public void Totals_saved_without_the_others_first_are_read()
    {
        byte[] saved = [1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, .. "a"u8];
        var read = StreamCounters.TryDecode(saved, 1, out _)!;
        Assert.Equal(9, read[read.Find("a"), 0]);
    }

    [Fact]
    public void A_stream_is_found_again_after_another_and_after_one_that_is_not_counted()
    {
        var counters = new StreamCounters(countersEach: 1);
        var (a, b) = (counters.Add("a"), counters.Add("b"));
        Assert.Equal([a, b, -1, a], [counters.Find("a"u8), counters.Find("b"u8), counters.Find("c"u8), counters.Find("a"u8)]);
    }

    [Fact]
    public void Every_cut_is_seen()
    {
        var counters = new StreamCounters(countersEach: 2);
        counters.Add("orders");
        var encoded = new byte[counters.EncodedBytes];
        counters.Encode(encoded);
        for (var length = 0; length < encoded.Length; length++)
        {
            Assert.Null(StreamCounters.TryDecode(encoded.AsSpan(0, length), 2, out _));
        }
    }
}
