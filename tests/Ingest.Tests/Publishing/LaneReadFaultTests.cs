using System.Globalization;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>A stretch of the log that the disk cannot read holds up what lies behind it, and nothing else.</summary>
public sealed class LaneReadFaultTests
{
    private const int SegmentBytes = 1024 * 1024;
    private const int Events = 3000;

    [Theory]
    [InlineData(4096, 1)]
    [InlineData(70_000, 4096)]
    [InlineData(600_001, 100_000)]
    public async Task Everything_in_front_of_an_unreadable_stretch_is_delivered_and_the_lane_says_where_it_is(int first, int bytes)
    {
        var disk = new BadSectors();
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4 })
        {
            Log = new TestLog(disk.Around, SegmentBytes),
        };
        fixture.Log.AppendMany(Events, keys: 5, payloadBytes: 800);
        var (segment, baseSequence) = SecondSegment(fixture.Log);
        disk.Bad = new BadSectors.Stretch(segment, first, first + bytes - 1);
        // A record takes some 850 bytes: the last one in front of the stretch ends less than that before it.
        var least = baseSequence + ((first - 4096) / 900);
        fixture.Start();

        await fixture.Reaches(LaneState.BackingOff);
        await Poll.Until("what stands in front is delivered", () => fixture.Status.Settled >= least - 1);
        var status = fixture.Status;
        Assert.Equal(status.Settled, fixture.Sink.Sequences.Max());
        Assert.Equal(status.Settled, fixture.Sink.Delivered.Count);
        Assert.Contains(segment, status.Reason, StringComparison.Ordinal);
        Assert.Contains($"event {status.Settled + 1} cannot be read", status.Reason, StringComparison.Ordinal);
        Assert.Equal(Events, status.Settled + status.PendingEvents);

        disk.Bad = null;
        await fixture.Settled(Events);
        Assert.Equal(Events, fixture.Status.Delivered);
        Assert.Equal((0, 0), (fixture.Status.Lost, fixture.Status.Repeated));
    }

    [Fact]
    public async Task A_drain_leaves_what_cannot_be_read_and_reports_it()
    {
        var disk = new BadSectors();
        await using var fixture = new LaneFixture { Log = new TestLog(disk.Around, SegmentBytes) };
        fixture.Log.AppendMany(Events, payloadBytes: 800);
        var (segment, baseSequence) = SecondSegment(fixture.Log);
        disk.Bad = new BadSectors.Stretch(segment, 4096, 8191);
        fixture.Start();
        await fixture.Passed(baseSequence - 1);
        var report = await fixture.Lanes.DrainAsync(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
        Assert.False(report.IsEmpty);
        Assert.Equal(Events - baseSequence + 1, fixture.Status.PendingEvents);
    }

    private static (string File, long BaseSequence) SecondSegment(TestLog log)
    {
        var file = Directory.GetFiles(log.WalPath, "*.wal").Select(path => Path.GetFileName(path)!).Order().ElementAt(1);
        return (file, long.Parse(file.AsSpan(0, 20), CultureInfo.InvariantCulture));
    }
}
