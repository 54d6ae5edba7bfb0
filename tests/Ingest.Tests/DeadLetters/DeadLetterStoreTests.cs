using System.Text;
using Ingest.DeadLetters;
using Ingest.Publishing;
using Ingest.Sinks;
using Ingest.Testing;
using Ingest.Tests.Publishing;
using Ingest.Wal.Storage;

namespace Ingest.Tests.DeadLetters;

/// <summary>Dead letters with the lane they come from: stored, shown, sent again, given up.</summary>
public sealed class DeadLetterStoreTests
{
    [Fact]
    public async Task Refused_events_are_kept_whole_with_reason_attempts_and_times()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("HTTP 400: not a tenth") };
        fixture.Log.Append("{\"n\":1}", key: "k", stream: "orders", id: "id-1");
        fixture.Log.AppendMany(29);
        fixture.Start();
        await fixture.Settled();

        var letters = await fixture.List();

        Assert.Equal([10L, 20L, 30L], letters.Select(letter => letter.Key.Sequence));
        Assert.All(letters, letter => Assert.Equal(
            ("HTTP 400: not a tenth", 1, "default", true, false),
            (letter.Reason, letter.Attempts, letter.Stream, letter.IsCounted, letter.IsRequeued)));
        Assert.All(letters, letter => Assert.InRange(letter.LastUnixMs, letter.FirstUnixMs, long.MaxValue));
        var read = await fixture.Letters.ReadAsync(letters[1].Key, CancellationToken.None);
        Assert.Equal("{\"n\":20,\"p\":\"\"}", Encoding.UTF8.GetString(read!.Event.Payload.Span));
        Assert.Equal((20L, fixture.Log.NowUnixMs), (read.Event.Sequence, read.Event.AcceptedUnixMs));
        Assert.Equal((27, 3), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task Letters_of_a_log_that_was_replaced_are_set_aside_whole_and_shown_again_with_their_log()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30);
        fixture.Start();
        await fixture.Settled();
        using var old = fixture.Log;

        await fixture.ReplaceLogAsync(new TestLog());
        fixture.Log.AppendMany(10);
        await fixture.Settled();
        Assert.Equal([10L], await fixture.Sequences());

        using var replaced = fixture.Log;
        var parent = Path.GetDirectoryName(fixture.Directory)!;
        var aside = Assert.Single(Directory.EnumerateDirectories(parent), path => path != fixture.Directory);
        await fixture.ReplaceLogAsync(old, () =>
        {
            Directory.Move(fixture.Directory, fixture.Directory + "-of-the-other");
            Directory.Move(aside, fixture.Directory);
        });
        await fixture.Quiet();
        Assert.Equal([10L, 20, 30], await fixture.Sequences());
    }

    [Theory, InlineData("one digit"), InlineData("half"), InlineData("missing")]
    public async Task Letters_are_shown_although_the_note_of_their_log_is_damaged(string damage)
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30);
        fixture.Start();
        await fixture.Settled();
        await fixture.StopAsync();
        var path = Path.Combine(fixture.Directory, "origin");
        var note = File.ReadAllText(path);
        switch (damage)
        {
            case "one digit":
                File.WriteAllText(path, (note[0] == '0' ? '1' : '0') + note[1..]);
                break;
            case "half":
                File.WriteAllText(path, note[..(note.Length / 2)]);
                break;
            default:
                File.Delete(path);
                break;
        }
        fixture.Log.Reopen();
        fixture.Start();
        await fixture.Quiet();

        Assert.Equal([10L, 20, 30], await fixture.Sequences());
        Assert.Equal(note, File.ReadAllText(path));
    }

    [Theory, InlineData(""), InlineData("\u0001\u0002 nobody knows whose")]
    public async Task Letters_of_nobody_knows_which_log_stop_the_start_and_the_note_is_named(string note)
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30);
        fixture.Start();
        await fixture.Settled();
        await fixture.StopAsync();
        var path = Path.Combine(fixture.Directory, "origin");
        File.WriteAllText(path, note);
        fixture.Log.Reopen();
        var refusal = Assert.Throws<StorageException>(() => fixture.Start());
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        File.Delete(path);
        fixture.Start();
        await fixture.Quiet();

        Assert.Equal([10L, 20, 30], await fixture.Sequences());
    }

    [Theory, InlineData("first"), InlineData("last"), InlineData("all"), InlineData("all deleted")]
    public async Task Letters_of_a_file_that_is_lost_whole_are_counted_as_lost(string which)
    {
        await using var fixture = new LettersFixture { Refuses = _ => "no" };
        fixture.Log.AppendMany(200, payloadBytes: 1000);
        fixture.Start();
        await fixture.Settled();
        await fixture.StopAsync();
        var files = Directory.GetFiles(fixture.Directory, "*.wal").Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length > 2);
        foreach (var file in which switch { "first" => files[..1], "last" => files[^1..], _ => files })
        {
            if (which == "all deleted")
            {
                File.Delete(file);
            }
            else
            {
                File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)0x5A, LettersFixture.SegmentBytes)]);
            }
        }
        fixture.Log.Reopen();
        fixture.Start();
        await fixture.Quiet();

        var left = await fixture.Sequences();
        Assert.Equal(which is "first" or "last", left.Any());
        // Beside the letters there are the lane's beginnings.
        Assert.InRange(fixture.Letters.Status.Lost, 200 - left.Count(), 200 - left.Count() + 2);
    }

    [Fact]
    public async Task A_sink_that_would_take_an_earlier_event_for_known_is_sent_no_letters()
    {
        await using var fixture = new LettersFixture(new SinkTraits { TakesEarlier = false }) { Refuses = Tenth("no") };
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled();
        fixture.Refuses = _ => null;
        var change = await fixture.Requeue();
        Assert.Equal((0L, "test"), (change.Letters, change.LaneMissing));
        Assert.Equal([10L], await fixture.Sequences(new DeadLetterFilter { Requeued = false }));
    }

    [Fact]
    public async Task Without_a_refusal_there_are_no_files()
    {
        await using var fixture = new LettersFixture();
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled();
        Assert.False(Directory.Exists(fixture.Directory));
        Assert.Empty(await fixture.List());
        Assert.Equal(0, (await fixture.Drop()).Letters);
        Assert.Equal([new DeadLetterKey(3, "test")], (await fixture.Requeue(3)).Unknown);
    }

    [Fact]
    public async Task A_requeued_letter_is_delivered_unchanged_and_counted_as_delivered()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30, keys: 3);
        fixture.Start();
        await fixture.Settled();
        fixture.Refuses = _ => null;

        var change = await fixture.Requeue(20, 10);

        Assert.Equal(2, change.Letters);
        await fixture.Accounts(delivered: 29, dead: 1);
        await Poll.Until("the ticket is done", () => fixture.Letters.Ticket(change.Ticket)?.Waiting == 0);
        Assert.Equal(new RequeueTicket(change.Ticket, 2, 2, 0, 0), fixture.Letters.Ticket(change.Ticket));
        Assert.Equal([30L], await fixture.Sequences());
        Assert.Equal(
            [new Seen(10, "k1", "{\"n\":10,\"p\":\"\"}"), new Seen(20, "k2", "{\"n\":20,\"p\":\"\"}")], fixture.Delivered.TakeLast(2));

        await fixture.RestartAsync();
        await fixture.Quiet();
        Assert.Equal([30L], await fixture.Sequences());
        Assert.Equal((29, 1, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered, fixture.Status.Repeated));
        Assert.Equal(2, fixture.Status.Recovered);
    }

    [Fact]
    public async Task A_letter_refused_again_stays_with_the_new_reason_and_one_more_attempt()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("first") };
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled();
        fixture.Refuses = Tenth("second");

        var change = await fixture.Requeue();
        await Poll.Until("it was refused again", () => fixture.Letters.Ticket(change.Ticket)?.Refused == 1);

        for (var life = 0; life < 2; life++)
        {
            var letter = Assert.Single(await fixture.List());
            Assert.Equal(("second", 2, false), (letter.Reason, letter.Attempts, letter.IsRequeued));
            Assert.Equal((9, 1), (fixture.Status.Delivered, fixture.Status.DeadLettered));
            await fixture.RestartAsync();
        }
    }

    [Fact]
    public async Task A_requeue_nobody_could_carry_out_is_carried_out_after_the_restart()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(20);
        fixture.Start();
        await fixture.Settled();
        // From here on the sink takes nothing, so that the letters wait.
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable));
        await fixture.Requeue(10);
        Assert.Equal([10L], await fixture.Sequences(new DeadLetterFilter { Requeued = true }));
        fixture.Refuses = _ => null;

        await fixture.RestartAsync();

        await fixture.Accounts(delivered: 19, dead: 1);
        Assert.Equal([20L], await fixture.Sequences());
        Assert.Single(fixture.Delivered, seen => seen.Sequence == 10);
    }

    [Fact]
    public async Task A_letter_dropped_while_it_waits_for_its_sink_is_not_sent_when_the_sink_is_back()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30);
        fixture.Start();
        await fixture.Settled();
        var send = fixture.Sink.OnSend;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable));
        var change = await fixture.Requeue();
        var tried = fixture.Sink.Sends;
        await Poll.Until("it was tried", () => fixture.Sink.Sends > tried);
        fixture.Refuses = _ => null;

        await fixture.Drop(10, 30);
        // What was under way as they were dropped may arrive: it is refused like the others. The attempt after it looks again.
        tried = fixture.Sink.Sends;
        await Poll.Until("an attempt began after the drop", () => fixture.Sink.Sends > tried + 1);
        fixture.Sink.OnSend = send;

        await fixture.Accounts(delivered: 28, dead: 2);
        await fixture.Quiet();
        Assert.Equal([20L], fixture.Delivered.Select(seen => seen.Sequence).Where(sequence => sequence % 10 == 0));
        Assert.Equal(new RequeueTicket(change.Ticket, 3, 1, 0, 2), fixture.Letters.Ticket(change.Ticket));
        Assert.Empty(await fixture.List());
        fixture.Log.AppendMany(1);
        await fixture.Settled();
    }

    [Fact]
    public async Task Dropped_letters_do_not_come_back_and_stay_counted_as_dead()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30);
        fixture.Start();
        await fixture.Settled();

        Assert.Equal(2, (await fixture.Drop(10, 20)).Letters);

        Assert.Equal([30L], await fixture.Sequences());
        await fixture.RestartAsync();
        Assert.Equal([30L], await fixture.Sequences());
        Assert.Equal((27, 3), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task An_unknown_letter_among_those_named_leaves_all_as_they_were()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(30);
        fixture.Start();
        await fixture.Settled();
        Assert.Equal([new DeadLetterKey(11, "test")], (await fixture.Drop(10, 11, 20)).Unknown);
        Assert.Equal([new DeadLetterKey(9, "test")], (await fixture.Requeue(9, 10)).Unknown);
        Assert.Equal([10L, 20L, 30L], await fixture.Sequences(new DeadLetterFilter { Requeued = false }));
    }

    [Fact]
    public async Task A_full_store_blocks_the_lane_and_room_lets_it_go_on()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.LetterOptions.LettersMax = 2;
        fixture.Log.AppendMany(20);
        fixture.Start();
        await fixture.Settled();
        fixture.Log.AppendMany(20);

        await Poll.Until("the lane is blocked", () => fixture.Status.State == LaneState.Blocked);

        Assert.Contains("DeadLetters:LettersMax = 2", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.Equal(2, fixture.Status.DeadLettered);
        await fixture.Drop(10, 20);
        await fixture.Settled();
        Assert.Equal([30L, 40L], await fixture.Sequences());
        Assert.Equal((36, 4), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task A_batch_that_never_fits_does_not_ask_for_letters_to_be_dropped_in_vain()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.LetterOptions.LettersMax = 2;
        fixture.Log.AppendMany(40);
        fixture.Start();

        await Poll.Until("the lane is blocked", () => fixture.Status.State == LaneState.Blocked);

        Assert.Contains("one batch has 4 letters", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.Contains("DeadLetters:LettersMax = 2 is less; raise it and restart", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("requeue or drop some", fixture.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_a_letter_already_needs_no_more_room_when_it_is_refused_after_a_rewind()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.LetterOptions.LettersMax = 2;
        fixture.Log.AppendMany(20);
        fixture.Start();
        await fixture.Settled();
        Assert.Equal(RewindStatus.Done, (await fixture.Lanes.RewindAsync("test", 1, TestContext.Current.CancellationToken)).Status);
        await Poll.Until("all came once more", () => fixture.Status.Repeated == 20);
        Assert.Equal([10L, 20], await fixture.Sequences());
    }

    [Fact]
    public async Task The_limit_in_bytes_blocks_as_well()
    {
        await using var fixture = new LettersFixture { Refuses = _ => "no" };
        fixture.LetterOptions.BytesMax = 3000;
        fixture.Start();
        for (var events = 0; events < 5; events++)
        {
            fixture.Log.AppendMany(1, payloadBytes: 800);
            await Poll.Until("it was decided", () => fixture.Status.PendingEvents == 0 || fixture.Status.State == LaneState.Blocked);
        }
        Assert.Equal(LaneState.Blocked, fixture.Status.State);
        Assert.Contains("DeadLetters:BytesMax = 3000", fixture.Status.Reason, StringComparison.Ordinal);
        Assert.InRange(fixture.Letters.Status.Bytes, 1000, 3000);
    }

    [Fact]
    public async Task What_a_crash_had_not_counted_is_decided_anew()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("before") };
        fixture.Log.AppendMany(15);
        fixture.Start();
        await fixture.Settled();
        var cursors = fixture.Cursors();
        fixture.Log.AppendMany(15);
        await fixture.Settled();
        Assert.Equal([10L, 20L, 30L], await fixture.Sequences());
        // Twenty is taken now, thirty is not: the first must not stay a dead letter, the second not become two.
        fixture.Refuses = seen => seen.Sequence == 30 ? "after" : null;

        await fixture.CrashAsync(cursors);
        await fixture.Settled();

        await Poll.Until("the void letter is gone", async () => (await fixture.Sequences()).SequenceEqual([10L, 30L]));
        Assert.Equal("after", (await fixture.List())[1].Reason);
        Assert.Equal((28, 2), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        await fixture.Requeue();
        fixture.Refuses = _ => null;
        await fixture.Quiet();
        await fixture.Requeue();
        await fixture.Accounts(delivered: 30, dead: 0);
    }

    [Fact]
    public async Task A_delivery_the_lane_had_not_saved_is_counted_once_after_a_crash()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("no") };
        fixture.Log.AppendMany(20);
        fixture.Start();
        await fixture.Settled();
        var cursors = fixture.Cursors();
        fixture.Refuses = _ => null;
        await fixture.Requeue(10);
        await fixture.Accounts(delivered: 19, dead: 1);

        for (var crashes = 0; crashes < 2; crashes++)
        {
            await fixture.CrashAsync(cursors);
            await fixture.Accounts(delivered: 19, dead: 1);
            Assert.Equal([20L], await fixture.Sequences());
        }
        await fixture.RestartAsync();
        await fixture.Quiet();
        Assert.Equal((19, 1, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered, fixture.Status.Repeated));
    }

    [Fact]
    public async Task After_a_rewind_a_letter_is_not_two_and_counts_do_not_move()
    {
        await using var fixture = new LettersFixture { Refuses = Tenth("first") };
        fixture.Log.AppendMany(20);
        fixture.Start();
        await fixture.Settled();
        await fixture.Drop(20);
        fixture.Refuses = Tenth("again");

        Assert.Equal(RewindStatus.Done, (await fixture.Lanes.RewindAsync("test", 1, CancellationToken.None)).Status);
        await fixture.Settled();

        // Ten was there and is there once; twenty had been dropped, and is refused once more.
        var letters = await fixture.List();
        Assert.Equal([(10L, "again", true), (20L, "again", false)],
            letters.Select(letter => (letter.Key.Sequence, letter.Reason, letter.IsCounted)));
        Assert.Equal((18, 2, 20), (fixture.Status.Delivered, fixture.Status.DeadLettered, fixture.Status.Repeated));
        fixture.Refuses = _ => null;
        await fixture.Requeue();
        // Twenty was given up in the accounts and is delivered over and above them.
        await fixture.Accounts(delivered: 19, dead: 1);
        Assert.Equal(21, fixture.Status.Repeated);
    }

    [Fact]
    public async Task Letters_of_one_key_are_sent_again_in_their_order_however_many_batches_it_takes()
    {
        await using var fixture = new LettersFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 7 }) { Refuses = _ => "no" };
        fixture.Log.AppendMany(200, keys: 5);
        fixture.Start();
        await fixture.Settled();
        fixture.Refuses = _ => null;

        await fixture.Requeue();
        await fixture.Accounts(delivered: 200, dead: 0);

        Assert.Equal(200, fixture.Delivered.Count);
        Assert.All(
            fixture.Delivered.GroupBy(seen => seen.Key), key => Assert.Equal(key.OrderBy(seen => seen.Sequence), key));
    }

    [Fact]
    public async Task Export_gives_every_letter_with_its_event()
    {
        await using var fixture = new LettersFixture { Refuses = _ => "no" };
        fixture.Log.AppendMany(2500);
        fixture.Start();
        await fixture.Settled();
        await fixture.Drop(7, 2000);
        var seen = new List<long>();
        await foreach (var read in fixture.Letters.ExportAsync(DeadLetterFilter.All, CancellationToken.None))
        {
            Assert.Equal($"{{\"n\":{read.Letter.Key.Sequence},\"p\":\"\"}}", Encoding.UTF8.GetString(read.Event.Payload.Span));
            seen.Add(read.Event.Sequence);
        }
        Assert.Equal(Enumerable.Range(1, 2500).Select(number => (long)number).Except([7, 2000]), seen);
    }

    [Fact]
    public async Task Files_go_when_everything_in_them_is_resolved_and_old_letters_do_not_hold_them()
    {
        await using var fixture = new LettersFixture { Refuses = _ => "no" };
        fixture.Log.AppendMany(1, payloadBytes: 500);
        fixture.Start();
        await fixture.Settled();
        // One letter is never resolved; all that come behind it are.
        for (var round = 0; round < 20; round++)
        {
            fixture.Log.AppendMany(100, payloadBytes: 500);
            await fixture.Settled();
            var newer = (await fixture.Sequences()).Where(sequence => sequence > 1).ToArray();
            Assert.Equal(newer.Length, (await fixture.Drop(newer)).Letters);
        }
        await Poll.Until(
            "the files are given back", () => fixture.Letters.Status.LogBytes <= 5 * LettersFixture.SegmentBytes);
        for (var life = 0; life < 2; life++)
        {
            Assert.Equal([1L], await fixture.Sequences());
            var read = await fixture.Letters.ReadAsync(new DeadLetterKey(1, "test"), CancellationToken.None);
            Assert.StartsWith("{\"n\":1,", Encoding.UTF8.GetString(read!.Event.Payload.Span), StringComparison.Ordinal);
            await fixture.RestartAsync();
        }
        fixture.Refuses = _ => null;
        await fixture.Requeue();
        await fixture.Accounts(delivered: 1, dead: 2000);
    }

    [Fact]
    public async Task Letters_of_a_lane_without_a_sink_can_be_dropped_but_not_sent()
    {
        await using var fixture = new LettersFixture();
        fixture.Log.AppendMany(1);
        fixture.Start();
        await fixture.Letters.StoreAsync(
            "gone", [new RejectedEvent(1, Body(fixture), "no", 1, 0, 0)], CancellationToken.None);

        var change = await fixture.Letters.RequeueAsync(DeadLetterSelection.Of(DeadLetterFilter.All), CancellationToken.None);

        Assert.Equal((0L, "gone"), (change.Letters, change.LaneMissing));
        var only = DeadLetterSelection.Of(new DeadLetterKey(1, "gone"));
        Assert.Equal(1, (await fixture.Letters.DropAsync(only, CancellationToken.None)).Letters);
    }

    private static byte[] Body(LettersFixture fixture)
    {
        using var reader = fixture.Log.Log.OpenReader(1);
        reader.Read();
        return reader.Body.ToArray();
    }

    private static Func<Seen, string?> Tenth(string reason) => seen => seen.Sequence % 10 == 0 ? reason : null;
}
