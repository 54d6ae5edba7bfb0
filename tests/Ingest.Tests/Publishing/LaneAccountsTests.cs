using System.Text;
using Ingest.Events;
using Ingest.Publishing.Accounting;
using Ingest.Publishing.Requeue;
using Ingest.Wal.Reading;

namespace Ingest.Tests.Publishing;

/// <summary>Counts that are saved with the position they belong to.</summary>
public sealed class LaneAccountsTests
{
    [Fact]
    public void What_was_saved_is_read_back()
    {
        var accounts = new LaneAccounts(10);
        var (a, b) = (accounts.StreamIndex("a"u8), accounts.StreamIndex("b"u8));
        Add(accounts, 11, a, Settlement.Delivered);
        Add(accounts, 12, b, Settlement.DeadLettered);
        Add(accounts, 13, b, Settlement.Lost);
        Add(accounts, 12, b, Settlement.Delivered);
        var read = LaneAccounts.TryDecode(accounts.Encode())!.Snapshot();

        Assert.Equal((10, 13, 1, 1), (read.Start, read.HighWater, read.Lost, read.Repeated));
        Assert.Equal([new("a", 1, 0), new("b", 0, 1)], read.Streams);
    }

    [Fact]
    public void Streams_are_bounded_and_the_encoding_fits_a_cursor()
    {
        var accounts = new LaneAccounts(0);
        for (var i = 1; i <= 1000; i++)
        {
            var name = Encoding.ASCII.GetBytes(i.ToString("D128", System.Globalization.CultureInfo.InvariantCulture));
            Add(accounts, i, accounts.StreamIndex(name), Settlement.Delivered);
        }
        var streams = accounts.Snapshot().Streams;
        Assert.Equal(StreamCounters.StreamsMax + 1, streams.Count);
        Assert.Equal(1000 - StreamCounters.StreamsMax, streams.Single(stream => stream.Stream == StreamCounters.Other).Delivered);
        Assert.True(accounts.Encode().Length <= WalCursor.AnnotationBytesMax);
    }

    [Fact]
    public void A_requeued_dead_letter_moves_from_dead_to_delivered_but_never_below_nothing()
    {
        var accounts = new LaneAccounts(0);
        var stream = accounts.StreamIndex("a"u8);
        Add(accounts, 1, stream, Settlement.DeadLettered);
        Assert.True(accounts.AddRequeued(new RequeueSettlement(5, [new("a", IsCounted: true)])));
        Assert.False(accounts.AddRequeued(new RequeueSettlement(5, [new("a", IsCounted: true)])));
        Assert.True(accounts.AddRequeued(new RequeueSettlement(6, [new("a", IsCounted: true)])));
        Assert.Equal([new("a", 1, 0)], accounts.Snapshot().Streams);
        Assert.Equal((1, 1), (accounts.Snapshot().Repeated, accounts.Snapshot().Recovered));
        Assert.Equal(1, LaneAccounts.TryDecode(accounts.Encode())!.Snapshot().Recovered);
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        var good = new LaneAccounts(5).Encode();
        Assert.NotNull(LaneAccounts.TryDecode(good));
        for (var length = 0; length < good.Length; length++)
        {
            Assert.Null(LaneAccounts.TryDecode(good.AsSpan(0, length)));
        }
        good[0] = 9;
        Assert.Null(LaneAccounts.TryDecode(good));
    }

    private static void Add(LaneAccounts accounts, long sequence, int stream, Settlement settlement)
    {
        lock (accounts.Lock)
        {
            accounts.AddNeedsLock(sequence, stream, settlement);
        }
    }
}
