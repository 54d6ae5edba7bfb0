using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Testing;
using Ingest.Wal.Storage;

namespace Ingest.Tests.DeadLetters;

/// <summary>Failures of the dead-letter log or of its reader: the store recovers by itself, and nothing hangs meanwhile.</summary>
public sealed class DeadLetterRecoveryTests
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(60);

    [Theory, InlineData("write"), InlineData("flush")]
    public async Task A_log_that_failed_once_is_opened_anew_and_the_blocked_lane_goes_on_by_itself(string operation)
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        var hasFailed = FailOnce(fixture, operation, "the disk failed");

        fixture.Log.AppendMany(30);
        await fixture.Settled();

        Assert.True(hasFailed());

        await Poll.Until("all letters are there", async () => (await fixture.Sequences()).SequenceEqual([10L, 20, 30, 40, 50, 60]), InTime);
        Assert.Null(fixture.Letters.Status.Failure);
        Assert.Equal((54, 6), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task A_letter_whose_flush_failed_is_void_once_its_event_was_delivered_after_all()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        var hasFailed = FailOnce(fixture, "flush", "the disk failed");
        fixture.Refuses = seen => seen.Sequence % 10 == 0 && (seen.Sequence > 40 || !hasFailed()) ? "no" : null;

        fixture.Log.AppendMany(10);
        await fixture.Settled();
        fixture.Log.AppendMany(10);
        await fixture.Settled();

        Assert.True(hasFailed());
        await Poll.Until("the letters are those that were not delivered", async () =>
            (await fixture.Sequences()).SequenceEqual([10L, 20, 30, 50]));
        Assert.Equal((46, 4), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task A_log_that_could_not_be_made_keeps_no_later_try_out()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        var failed = 0;
        fixture.Fails = (operation, name) =>
            operation == "create" && name.StartsWith("origin", StringComparison.Ordinal) && Interlocked.Exchange(ref failed, 1) == 0
                ? new StorageException(StorageFailure.Full, "the disk is full")
                : null;

        await fixture.StartAndSettleAsync(30);

        Assert.Equal(1, failed);
        Assert.Equal([10L, 20, 30], await fixture.Sequences());
    }

    [Fact]
    public async Task While_the_log_cannot_be_opened_anew_status_says_why_operators_are_told_and_stopping_takes_no_longer()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(10);
        fixture.Fails = (operation, name) =>
            operation is "write" or "create" or "open" ? new StorageException(StorageFailure.Failed, "the disk is gone") : null;
        fixture.Log.AppendMany(10);

        await Poll.Until("the failure is shown", () => fixture.Letters.Status.Failure?.Contains("the disk is gone",
            StringComparison.Ordinal) == true);
        await Poll.Until(
            "operators are told", async () => await Record.ExceptionAsync(() => fixture.List()) is DeadLettersBlockedException);
        await Poll.Until("the lane says so", () => fixture.Status.State == LaneState.Blocked);

        var began = TimeProvider.System.GetTimestamp();
        await fixture.RestartAsync(() => fixture.Fails = null);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < InTime);
        await fixture.Settled();
        Assert.Equal([10L, 20], await fixture.Sequences());
    }

    [Fact]
    public async Task An_exception_of_any_kind_in_the_feed_is_survived_and_the_log_is_read_anew()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        var failed = 0;
        fixture.Fails = (operation, name) => operation == "read" && Interlocked.Exchange(ref failed, 1) == 0
            ? new InvalidOperationException("a mistake of ours")
            : null;

        fixture.Log.AppendMany(30);
        await fixture.Settled();

        await Poll.Until(
            "all letters are there",
            async () =>
            {
                try
                {
                    return (await fixture.Sequences()).SequenceEqual([10L, 20, 30, 40, 50, 60]);
                }
                catch (DeadLettersBlockedException)
                {
                    return false;
                }
            },
            InTime);
        Assert.Equal(1, failed);
        Assert.Null(fixture.Letters.Status.Failure);
    }

    [Fact]
    public async Task A_letter_dropped_before_its_lane_saved_its_position_stays_dropped_after_a_crash()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        fixture.Start();
        await fixture.Settled();
        var cursors = fixture.Cursors();
        fixture.Log.AppendMany(30);
        await fixture.Settled();
        Assert.Equal(3, (await fixture.Drop()).Letters);

        await fixture.CrashAsync(cursors);
        await fixture.Settled();

        Assert.Empty(await fixture.List());
        Assert.Equal((27, 3), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        await fixture.RestartAsync();
        Assert.Empty(await fixture.List());
    }

    [Fact]
    public async Task Letters_of_events_that_were_delivered_while_nothing_could_be_noted_do_not_come_back_with_the_second_crash()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        fixture.Start();
        await fixture.Settled();
        var cursors = fixture.Cursors();
        fixture.Log.AppendMany(30);
        await fixture.Settled();
        // Sent again after the first crash, the events arrive, and the position passes them; that the lane began before them is not noted.
        fixture.Refuses = _ => null;
        var former = fixture.Letters;
        fixture.Fails = (operation, _) => operation is "write" or "create" && fixture.Letters != former
            ? new StorageException(StorageFailure.Full, "the disk is full")
            : null;
        await fixture.CrashAsync(cursors);
        await fixture.Settled();

        cursors = fixture.Cursors();
        fixture.Fails = null;
        await fixture.CrashAsync(cursors);

        await Poll.Until("no letter is left", async () => (await fixture.Sequences()).SequenceEqual([]), InTime);
        Assert.Equal((30, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        fixture.Refuses = DeadLettersFixture.Tenth("no");
        fixture.Log.AppendMany(10);
        await fixture.Settled();
        await fixture.RestartAsync();
        Assert.Equal([40L], await fixture.Sequences());
    }

    [Fact]
    public async Task A_rewind_makes_letters_of_dropped_events_again()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        await fixture.Drop();

        await fixture.Lanes.RewindAsync(DeadLettersFixture.Lane, 1, CancellationToken.None);
        await Poll.Until("they are letters again", async () => (await fixture.Sequences()).SequenceEqual([10L, 20, 30]));

        Assert.Equal((27, 3), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    // A segment keeps the name it was filled under as long as it is open.
    private static bool IsSegment(string name) =>
        name.EndsWith(".wal", StringComparison.Ordinal) || name.StartsWith("fill-", StringComparison.Ordinal);

    // Returns whether it has failed.
    private static Func<bool> FailOnce(DeadLettersFixture fixture, string operation, string message)
    {
        var failed = 0;
        fixture.Fails = (asked, name) =>
            asked == operation && IsSegment(name) && Interlocked.Exchange(ref failed, 1) == 0
                ? new StorageException(StorageFailure.Failed, message)
                : null;
        return () => Volatile.Read(ref failed) == 1;
    }

    [Fact]
    public async Task What_a_lane_was_told_before_an_operator_set_its_position_it_is_told_again()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        fixture.Log.AppendMany(40);
        var shorter = fixture.Log.Copy();
        await fixture.StartAndSettleAsync(60);
        fixture.Refuses = seen => seen.Sequence == 20 ? null : "no";
        await fixture.Requeue(20);
        await fixture.Accounts(delivered: 91, dead: 9);
        using var longer = fixture.Log;
        // The lane's cursor stands behind the end of this log, which a start would pass over: so it comes while the log is open.
        await fixture.ReplaceLogAsync(shorter, opened: () =>
        {
            var cursors = Directory.CreateDirectory(Path.Combine(shorter.WalPath, "cursors")).FullName;
            File.Copy(Path.Combine(longer.WalPath, "cursors", "test.cursor"), Path.Combine(cursors, "test.cursor"));
        });
        await Poll.Until("the lane is refused", () => fixture.Status.State == LaneState.Blocked);
        await fixture.Quiet();
        var written = Path.Combine(fixture.Directory, "cursors", "_written.cursor");
        var before = await File.ReadAllBytesAsync(written, TestContext.Current.CancellationToken);
        var drop = fixture.Drop(30);
        // Then the lane was told of both as it was refused.
        await Poll.Until("the dead letters were looked after since", () => !File.ReadAllBytes(written).SequenceEqual(before));

        Assert.Equal(RewindStatus.Done, (await fixture.Lanes.RewindAsync("test", 36, CancellationToken.None)).Status);
        await fixture.Settled();
        await drop;

        await Poll.Until(
            "its accounts on disk have both, so that nothing holds the dead letters' files",
            () => fixture.Lanes.RequeueBounds("test") is { SettledTo: > 0, DroppedTo: >= 30 });
        Assert.Equal([10L, 36, 37, 38, 39, 40], await fixture.Sequences());
    }
}
