using Ingest.Events;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Wal.Reading;

namespace Ingest.Tests.Queue;

public sealed class TotalsRecoveryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Totals_are_recounted_from_the_log_when_nothing_was_saved()
    {
        using var fixture = new QueueFixture();
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("a", "1", "2"), "a", Cancel);
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("b", "3"), "b", Cancel);
        Assert.Equal([("a", 2L), ("b", 1L)], Recovered(fixture));
    }

    [Fact]
    public async Task Totals_go_on_from_what_was_saved_and_count_nothing_twice()
    {
        using var fixture = new QueueFixture();
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("a", "1", "2"), "a", Cancel);
        var (sequence, encoded) = fixture.Totals.Encode();
        using (var cursor = fixture.Log.OpenCursor(LogUpkeep.TotalsCursor))
        {
            cursor.Save(sequence, encoded);
        }
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("a", "3"), "a", Cancel);
        Assert.Equal([("a", 3L)], Recovered(fixture));
    }

    [Fact]
    public async Task Saved_totals_that_make_no_sense_are_recounted()
    {
        using var fixture = new QueueFixture();
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("a", "1"), "a", Cancel);
        using (var cursor = fixture.Log.OpenCursor(LogUpkeep.TotalsCursor))
        {
            cursor.Save(1, [1, 9, 0, 200]);
        }
        Assert.Equal([("a", 1L)], Recovered(fixture));
    }

    [Fact]
    public void Streams_beyond_the_limit_are_counted_together()
    {
        var totals = new StreamTotals();
        for (var i = 0; i < StreamCounters.StreamsMax + 10; i++)
        {
            totals.Add($"s{i}", 1, 1, i + 1);
        }
        var snapshot = totals.Snapshot();
        Assert.Equal(StreamCounters.StreamsMax + 10, snapshot.Sum(total => total.Events));
        Assert.Equal(10, snapshot.Single(total => total.Stream == StreamCounters.Other).Events);
        Assert.True(new StreamTotals().TryDecode(totals.Encode().Encoded, 1));
        Assert.True(totals.Encode().Encoded.Length <= WalCursor.AnnotationBytesMax);
    }

    private static List<(string Stream, long Events)> Recovered(QueueFixture fixture)
    {
        var totals = new StreamTotals();
        using var cursor = fixture.Log.OpenCursor(LogUpkeep.TotalsCursor);
        TotalsRecovery.Recover(fixture.Log, cursor, totals);
        return [.. totals.Snapshot().Select(total => (total.Stream, total.Events)).Order()];
    }
}
