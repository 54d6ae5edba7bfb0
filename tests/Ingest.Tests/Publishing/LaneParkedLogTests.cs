using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Sinks.File;
using Ingest.Wal;
using Ingest.Wal.Storage;

namespace Ingest.Tests.Publishing;

/// <summary>Parked events as the simulation of nodes found them: their log, the dead letters they become, the breaker.</summary>
public sealed class LaneParkedLogTests
{
    private static readonly SinkTraits Traits = new() { WindowMax = 8, BatchEventsMax = 100 };

    [Fact]
    public async Task A_parked_log_that_failed_is_opened_anew_by_the_lane_itself()
    {
        var disk = new FailingPlaces();
        await using var fixture = new LaneFixture(Traits) { ParkingDisk = disk };
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(OfEach(events, seen => refusing && IsBad(seen)));
        fixture.Log.Append("bad", "k1");
        fixture.Log.AppendMany(10);
        fixture.Start();
        await Poll.Until("one is parked", () => fixture.Status.ParkedEvents == 1);

        disk.FlushFails = true;
        fixture.Log.Append("bad", "k2");
        fixture.Log.AppendMany(10);
        await Poll.Until("the flush failed", () => !disk.FlushFails);
        // It is parked because others are taken: some have to come once the lane goes on.
        var events = 22;
        await Poll.Until("both are parked", () =>
        {
            fixture.Log.AppendMany(1);
            events++;
            return fixture.Status.ParkedEvents == 2;
        });

        refusing = false;
        await fixture.Settled(events);
        Assert.Equal(events, fixture.Status.Delivered);
    }

    /// <summary>What the dead letters hold of events in front of which another one waits is void after a restart.</summary>
    [Fact]
    public async Task A_parked_event_that_became_a_dead_letter_ahead_of_the_position_is_sent_again_after_a_restart()
    {
        await using var fixture = new LaneFixture(Traits);
        fixture.Options.ParkedAttemptsMax = 2;
        var wrong = true;
        fixture.Sink.OnSend = async (events, cancel) =>
        {
            if (wrong && events.Any(seen => seen.Payload == "slow"))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            }
            return OfEach(events, seen => wrong && IsBad(seen));
        };
        fixture.Log.Append("slow", "k-slow");
        fixture.Start();
        await Poll.Until("the slow one is under way", () => fixture.Sink.Sends == 1);
        fixture.Log.Append("bad", "k-bad");
        fixture.Log.AppendMany(10);
        await Poll.Until("the bad one is dead", () => !fixture.DeadLetters.Stored.IsEmpty);
        Assert.Equal(0, fixture.Status.Settled);

        wrong = false;
        await fixture.RestartAsync();
        await fixture.Settled(12);
        Assert.Contains(2L, fixture.Sink.Sequences);
        Assert.Equal((12, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    /// <summary>Behind the beginning that was saved, a start would take its letter for void.</summary>
    [Fact]
    public async Task A_parked_event_becomes_a_dead_letter_for_good_once_the_position_was_saved_without_a_beginning()
    {
        await using var fixture = new LaneFixture(Traits);
        (fixture.Options.ParkedAttemptsMax, fixture.DeadLetters.NotNoted) = (2, 0);
        fixture.Sink.OnSend = (events, _) => Task.FromResult(OfEach(events, IsBad));
        var stores = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.DeadLetters.BeforeStore = () => stores.Task;
        fixture.Log.Append("bad", "k1");
        fixture.Log.AppendMany(10);
        fixture.Start();
        await Poll.Until("the position is saved behind the parked one", () => fixture.Status is { ParkedEvents: 1, Saved: 11 });
        fixture.Options.CursorInterval = TimeSpan.FromHours(1);

        // As the store does it: the beginning is noted in front of the letter.
        fixture.DeadLetters.NotNoted = null;
        stores.SetResult();
        await Poll.Until("it is dead", () => fixture.Status.DeadLettered == 1);
        var cursor = Directory.GetFiles(fixture.Log.WalPath, "test.cursor", SearchOption.AllDirectories).Single();
        var saved = await File.ReadAllBytesAsync(cursor, TestContext.Current.CancellationToken);
        await fixture.RestartAsync(() => File.WriteAllBytes(cursor, saved));

        // As it is opened, and as its first session begins.
        Assert.Equal([0, 0, 11], fixture.DeadLetters.Begun.Take(3));
    }

    [Fact]
    public async Task A_parked_log_full_of_failed_attempts_is_made_small_once_and_not_for_ever()
    {
        const int Attempts = 900;
        const int FilesMax = 8;
        await using var fixture = new LaneFixture(Traits) { ParkingSegmentBytes = WalOptions.SegmentBytesMin };
        fixture.Options.ParkedBackoffMin = fixture.Options.ParkedBackoffMax = TimeSpan.FromMilliseconds(1);
        var attempts = 0;
        fixture.Sink.OnSend = (events, _) =>
        {
            attempts += events.Count(IsBad);
            return Task.FromResult(OfEach(events, IsBad));
        };
        fixture.Log.Append("bad", "k1");
        fixture.Log.AppendMany(10);
        fixture.Start();

        var files = 0;
        await Poll.Until("it was tried often", () =>
        {
            files = Math.Max(files, FilesOf(fixture));
            return attempts >= Attempts || files > FilesMax;
        });
        Assert.InRange(files, 1, FilesMax);
        Assert.Equal(1, fixture.Status.ParkedEvents);
    }

    [Fact]
    public async Task A_lane_whose_only_batch_waits_for_room_among_the_parked_finds_out_by_these_that_its_sink_is_back()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 1, BatchEventsMax = 10 });
        fixture.Options.ParkedEventsMax = fixture.Options.ParkedStreamEventsMax = 1;
        fixture.Options.BreakerAttemptsMin = 2;
        fixture.Options.BreakerPauseMin = fixture.Options.BreakerPauseMax = TimeSpan.FromMilliseconds(500);
        var (isDown, refusing) = (false, true);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Sink.OnSend = async (events, _) =>
        {
            if (events.Any(seen => seen.Payload == "first"))
            {
                await held.Task;
            }
            return isDown ? new SinkResult(new SinkVerdict(VerdictKind.Retryable, "down", Scope: VerdictScope.Sink))
                : OfEach(events, seen => refusing && IsBad(seen));
        };
        fixture.Log.Append("bad", "k1", "bad");
        fixture.Log.AppendMany(5);
        fixture.Start();
        await Poll.Until("the place is full", () => fixture.Status is { ParkedEvents: 1, Settled: 6 });

        // Read together: the bad one waits for room in front of the others.
        fixture.Log.Append("first");
        await Poll.Until("it is under way", () => fixture.Status.InFlightBatches == 1);
        fixture.Log.Append("bad", "k1", "bad");
        fixture.Log.AppendMany(5);
        isDown = true;
        held.SetResult();
        await fixture.Reaches(LaneState.Open);

        (isDown, refusing) = (false, false);
        await fixture.Settled(13);
        Assert.Equal(13, fixture.Status.Delivered);
    }

    /// <summary>
    /// The accounts on disk count an event as parked until the next save. Until then a start needs both records: that it was parked, to
    /// know of which stream it is, and that it was delivered.
    /// </summary>
    [Fact]
    public async Task A_parked_event_whose_delivery_the_accounts_on_disk_do_not_know_is_not_lost_to_a_crash()
    {
        const int Big = WalOptions.SegmentBytesMin * 9 / 20;
        var cursor = new FailingCursor();
        await using var fixture = new LaneFixture(Traits)
        {
            Log = new TestLog(cursor.Around, 1024 * 1024),
            ParkingSegmentBytes = WalOptions.SegmentBytesMin,
        };
        var refused = "ab";
        fixture.Sink.OnSend = (events, _) => Task.FromResult(OfEach(events, seen => refused.Contains(seen.Payload[0])));
        // Each fills a file of the parked log: the first one's is given back when nothing needs it.
        foreach (var name in refused)
        {
            fixture.Log.Append(new string(name, Big), $"k-{name}");
        }
        fixture.Log.AppendMany(10);
        fixture.Start();
        await Poll.Until("both are parked", () => fixture.Status is { ParkedEvents: 2, Settled: 12 });
        var first = FirstFileOf(fixture);

        // The other one is resolved, and that is saved.
        refused = "a";
        await Poll.Until("one is left", () => fixture.Status.ParkedEvents == 1);
        fixture.Log.AppendMany(1);
        await Poll.Until("that is saved", () => fixture.Lanes.SettledSequence == 13);
        cursor.IsFull = true;
        refused = "";
        await Poll.Until("the first one is delivered and cannot be saved", () => fixture.Status.ParkedEvents == 0 && cursor.Refused > 1);
        var kept = FirstFileOf(fixture);

        await fixture.RestartAsync(() => cursor.IsFull = false);
        await fixture.Settled(13);
        Assert.Equal((13, 0, 0), (fixture.Status.Delivered, fixture.Status.Lost, fixture.Status.DeadLettered));
        Assert.Equal(first, kept);
    }

    private static bool IsBad(Seen seen) => seen.Payload == "bad";

    private static SinkResult OfEach(Seen[] events, Func<Seen, bool> fails) => new(
        SinkVerdict.Delivered,
        [.. events.Select(seen => fails(seen)
            ? new SinkVerdict(VerdictKind.Retryable, "refused", Scope: VerdictScope.Event)
            : SinkVerdict.Delivered)]);

    private static int FilesOf(LaneFixture fixture) =>
        Directory.Exists(fixture.Parking!["parked/test"]) ? Directory.GetFiles(fixture.Parking["parked/test"], "*.wal").Length : 0;

    private static string FirstFileOf(LaneFixture fixture) =>
        Directory.GetFiles(fixture.Parking!["parked/test"], "*.wal").Min(StringComparer.Ordinal)!;

    /// <summary>A disk that takes no saved position while it is full.</summary>
    private sealed class FailingCursor
    {
        private volatile bool _isFull;
        private int _refused;

        internal bool IsFull
        {
            get => _isFull;
            set => _isFull = value;
        }

        /// <summary>Saves that failed.</summary>
        internal int Refused => Volatile.Read(ref _refused);

        internal FailingDirectory Around(IWalDirectory real) => new FailingDirectory(real)
        {
            Fail = (operation, name) =>
            {
                if (!_isFull || operation != "write" || !name.StartsWith("cursors/", StringComparison.Ordinal))
                {
                    return null;
                }
                Interlocked.Increment(ref _refused);
                return new StorageException(StorageFailure.Full, "no space left on device", 28);
            },
        };
    }

    private sealed class FailingPlaces : FileSystemPlaces
    {
        private volatile bool _flushFails;

        /// <summary>The next flush fails; false again when it has.</summary>
        internal bool FlushFails
        {
            get => _flushFails;
            set => _flushFails = value;
        }

        public override IWalDirectory Open(string directory) => new FailingDirectory(base.Open(directory))
        {
            Fail = (operation, _) =>
            {
                if (operation != "flush" || !_flushFails)
                {
                    return null;
                }
                _flushFails = false;
                return new StorageException(StorageFailure.Failed, "Input/output error", 5);
            },
        };
    }
}
