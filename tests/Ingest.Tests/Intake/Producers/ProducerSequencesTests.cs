using System.Buffers;
using Ingest.Intake.Producers;
using Ingest.Queue;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Producers;

public sealed class ProducerSequencesTests
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    private readonly FakeTime _time = new();

    [Fact]
    public void A_producer_begins_with_number_0_and_goes_on_behind_its_last()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        Assert.Equal(new ProducerClaim(ProducerOutcome.Unknown, 2), sequences.Claim(NumberedBatch.Mark("a", 1, 3), 1));
        Store(sequences, "a", 1, 0, 3, position: 70);
        Assert.Equal(new ProducerClaim(ProducerOutcome.Gap, 1, 3), sequences.Claim(NumberedBatch.Mark("a", 1, 4), 1));
        Store(sequences, "a", 1, 3, 2, position: 80);
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat, Position: 70), sequences.Claim(NumberedBatch.Mark("a", 1, 0), 3));
    }

    [Fact]
    public void A_repeat_is_the_same_request_and_the_last_five_are_known_with_their_positions()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        for (var i = 0; i < 6; i++)
        {
            Store(sequences, "a", 0, i * 2, 2, position: 100 + (i * 2));
        }
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat), sequences.Claim(NumberedBatch.Mark("a", 0, 0), 2));
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat, Position: 102), sequences.Claim(NumberedBatch.Mark("a", 0, 2), 2));
        var conflict = new ProducerClaim(ProducerOutcome.Conflict, 0, 12);
        Assert.Equal(conflict, sequences.Claim(NumberedBatch.Mark("a", 0, 2, "another body"), 2));
        Assert.Equal(conflict, sequences.Claim(NumberedBatch.Mark("a", 0, 3), 1));
        Assert.Equal(conflict, sequences.Claim(NumberedBatch.Mark("a", 0, 11), 2));
        Assert.Equal(2, sequences.Repeats);
    }

    [Fact]
    public void A_later_epoch_begins_with_0_and_fences_the_one_before_at_once()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        Store(sequences, "a", 1, 0, 2, position: 1);
        Assert.Equal(new ProducerClaim(ProducerOutcome.Gap, 5), sequences.Claim(NumberedBatch.Mark("a", 5, 2), 1));
        var later = sequences.Claim(NumberedBatch.Mark("a", 5, 0), 1).Reservation!;
        Assert.Equal(new ProducerClaim(ProducerOutcome.Fenced, 5, 1), sequences.Claim(NumberedBatch.Mark("a", 1, 2), 1));
        sequences.Abandon(later, CommitStatus.Overloaded);
        Assert.Equal(ProducerOutcome.Fenced, sequences.Claim(NumberedBatch.Mark("a", 1, 2), 1).Outcome);
        Store(sequences, "a", 5, 0, 1, position: 3);
    }

    [Fact]
    public async Task What_comes_behind_a_request_under_way_waits_and_fails_with_it()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        var first = sequences.Claim(NumberedBatch.Mark("a", 0, 0), 1).Reservation!;
        var second = sequences.Claim(NumberedBatch.Mark("a", 0, 1), 1).Reservation!;
        Assert.True(second.NeedsBefore);
        Assert.False(second.Before!.IsCompleted);
        var repeat = sequences.Claim(NumberedBatch.Mark("a", 0, 0), 1);
        Assert.Equal(ProducerOutcome.InFlight, repeat.Outcome);
        sequences.Abandon(first, CommitStatus.Overloaded);
        Assert.Equal(CommitStatus.Overloaded, await second.Before);
        sequences.Abandon(second, CommitStatus.Overloaded);
        Assert.True(repeat.Settled!.IsCompleted);
        Assert.Equal(0, sequences.Count);
        Store(sequences, "a", 0, 0, 1, position: 9);
    }

    [Fact]
    public void More_than_five_under_way_are_told_to_come_back()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        for (var i = 0; i < ProducerDecision.InFlightMax; i++)
        {
            Assert.Equal(ProducerOutcome.Reserved, sequences.Claim(NumberedBatch.Mark("a", 0, i), 1).Outcome);
        }
        Assert.Equal(ProducerOutcome.Busy, sequences.Claim(NumberedBatch.Mark("a", 0, 5), 1).Outcome);
        Assert.Equal(ProducerOutcome.Gap, sequences.Claim(NumberedBatch.Mark("a", 0, 6), 1).Outcome);
    }

    [Fact]
    public void The_one_not_used_for_longest_makes_room_but_none_that_was_used_lately()
    {
        var sequences = new ProducerSequences(2, Retention, _time);
        Store(sequences, "a", 0, 0, 1, position: 1);
        Store(sequences, "b", 0, 0, 1, position: 2);
        Assert.Equal(ProducerOutcome.Exhausted, sequences.Claim(NumberedBatch.Mark("c", 0, 0), 1).Outcome);
        _time.Advance(ProducerSequences.KeptAtLeast);
        Assert.Equal(ProducerOutcome.Repeat, sequences.Claim(NumberedBatch.Mark("a", 0, 0), 1).Outcome);
        Store(sequences, "c", 0, 0, 1, position: 3);
        Assert.Equal((2, 1), (sequences.Count, sequences.Dropped));
        Assert.Equal(ProducerOutcome.Unknown, sequences.Claim(NumberedBatch.Mark("b", 0, 1), 1).Outcome);
        Assert.Equal(ProducerOutcome.Reserved, sequences.Claim(NumberedBatch.Mark("a", 0, 1), 1).Outcome);
    }

    [Fact]
    public void A_producer_that_sends_nothing_for_the_retention_is_forgotten()
    {
        var sequences = new ProducerSequences(2, Retention, _time);
        Store(sequences, "a", 3, 0, 1, position: 1);
        _time.Advance(Retention);
        Assert.Equal(ProducerOutcome.Unknown, sequences.Claim(NumberedBatch.Mark("a", 3, 1), 1).Outcome);
        Assert.Equal((0, 1), (sequences.Count, sequences.Dropped));
    }

    [Fact]
    public void A_save_waits_for_the_requests_that_began_before_it()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        var before = sequences.Claim(NumberedBatch.Mark("a", 0, 0), 1).Reservation!;
        sequences.Unsaved.BeginSave();
        var after = sequences.Claim(NumberedBatch.Mark("b", 0, 0), 1).Reservation!;
        Assert.False(sequences.Unsaved.IsSettled);
        sequences.Settle(before, 1);
        Assert.True(sequences.Unsaved.IsSettled);
        Assert.True(sequences.Unsaved.IsChanged);
        sequences.Settle(after, 2);
        sequences.Unsaved.BeginSave();
        Assert.True(sequences.Unsaved.IsSettled);
        Assert.False(sequences.Unsaved.IsChanged);
    }

    [Fact]
    public void A_damaged_file_is_told_from_a_whole_one_wherever_it_is_damaged()
    {
        var sequences = new ProducerSequences(10, Retention, _time);
        Store(sequences, "a", 2, 0, 3, position: 5);
        var file = Write(sequences);
        var read = new ProducerSequences(10, Retention, _time);
        Assert.True(ProducerTable.TryRead(file, read, _time.GetUtcNow()));
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat, Position: 5), read.Claim(NumberedBatch.Mark("a", 2, 0), 3));
        for (var i = 0; i < file.Length; i++)
        {
            file[i] ^= 0x40;
            Assert.False(ProducerTable.TryRead(file, read, _time.GetUtcNow()));
            Assert.False(ProducerTable.TryRead(file.AsSpan(0, i), read, _time.GetUtcNow()));
            file[i] ^= 0x40;
        }
    }

    [Fact]
    public void A_hundred_thousand_producers_take_less_memory_than_is_stated()
    {
        const int Producers = 100_000;
        // The setting's description says 420 bytes each.
        const int BytesEach = 420;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var sequences = new ProducerSequences(Producers, Retention, _time);
        for (var i = 0; i < Producers; i++)
        {
            for (var request = 0; request < 6; request++)
            {
                var mark = new ProducerMark((UInt128)i * 7919, 1, request, 17);
                sequences.Settle(sequences.Claim(mark, 1).Reservation!, i + 1);
            }
        }
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Producers} producers: {taken} bytes, {taken / Producers} each; their file: {Write(sequences).Length} bytes.");
        Assert.Equal(Producers, sequences.Count);
        Assert.InRange(taken, 1, (long)Producers * BytesEach);
        GC.KeepAlive(sequences);
    }

    private static byte[] Write(ProducerSequences sequences)
    {
        var content = new ArrayBufferWriter<byte>();
        ProducerTable.Begin(content);
        sequences.Write(content);
        ProducerTable.End(content);
        return content.WrittenSpan.ToArray();
    }

    private static void Store(ProducerSequences sequences, string id, long epoch, long first, int count, long position)
    {
        var claim = sequences.Claim(NumberedBatch.Mark(id, epoch, first), count);
        Assert.Equal(ProducerOutcome.Reserved, claim.Outcome);
        sequences.Settle(claim.Reservation!, position);
    }
}
