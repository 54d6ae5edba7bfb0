namespace Ingest.Kafka.Tests.Transactions;

/// <summary>What is written beside the offset, and what is read of it.</summary>
public sealed class ProgressTests
{
    private const int OffsetTextMax = 4_096;
    private const int Seed = 1117;
    private static readonly Guid Opening = Guid.Parse("0123456789abcdef0123456789abcdef");
    private static readonly TransactionIdentity Identity = new(Opening, "kafka", Opening);

    [Fact]
    public void A_progress_reads_back_as_it_was_written_and_fits_beside_an_offset()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 200; round++)
        {
            var floor = random.NextInt64(1L << 40);
            var delivered = new DeliveredNumbers(floor);
            var model = new SortedSet<long>();
            var spread = random.Next(1, 400);
            for (long added = 0, sequence = floor; added < 9_000; added++)
            {
                sequence = random.Next(10) == 0 ? floor + 1 + random.Next(5_000) : sequence + random.Next(1, spread + 1);
                if (delivered.HasRoomFor(sequence))
                {
                    delivered.Add(sequence);
                    model.Add(sequence);
                }
            }
            var recent = new RecentNumbers();
            for (var i = 0; i < 200; i++)
            {
                recent.Add(random.NextInt64(floor + 1));
            }
            var text = new Progress(Opening, Identity.Owner, delivered, recent).Encode();
            Assert.InRange(text.Length, 1, OffsetTextMax);
            var read = Progress.Decode(text)!;
            Assert.Equal((floor, delivered.Last, Identity.Owner), (read.Delivered.Floor, read.Delivered.Last, read.Owner));
            Assert.Equal(delivered.Runs, read.Delivered.Runs);
            Assert.Equal(recent.Runs, read.Recent.Runs);
            Assert.All(model, sequence => Assert.True(read.Holds(sequence)));
            Assert.Equal(model.Count, read.Delivered.Runs.Sum(run => run.Last - run.First + 1));
        }
    }

    [Fact]
    public void Many_runs_and_then_a_long_one_fit_beside_an_offset()
    {
        var delivered = new DeliveredNumbers(0);
        for (var run = 1L; run <= DeliveredNumbers.RunsMax + 10; run++)
        {
            delivered.Add(run * 2);
        }
        var sequence = delivered.Last + 2;
        for (; sequence < 100_000 && delivered.HasRoomFor(sequence); sequence++)
        {
            delivered.Add(sequence);
        }
        Assert.Equal(DeliveredNumbers.SpanMax, sequence - 1);
        var text = new Progress(Opening, Identity.Owner, delivered, new RecentNumbers()).Encode();
        Assert.InRange(text.Length, 1, OffsetTextMax);
        Assert.Equal(delivered.Runs, Progress.Decode(text)!.Delivered.Runs);
    }

    [Fact]
    public void Whether_everything_up_to_the_floor_was_delivered_is_kept()
    {
        var delivered = new DeliveredNumbers(0);
        delivered.Add(1);
        delivered.Add(2);
        delivered.Add(4);
        delivered.RaiseFloor(2);
        Assert.True(Reread(delivered).IsWhole);
        // The third was parked or refused.
        delivered.RaiseFloor(4);
        Assert.False(Reread(delivered).IsWhole);
        Assert.False(Reread(delivered).Clone().IsWhole);
        Assert.False(new DeliveredNumbers(7).IsWhole);

        static DeliveredNumbers Reread(DeliveredNumbers numbers) =>
            Progress.Decode(new Progress(Opening, Identity.Owner, numbers, new RecentNumbers()).Encode())!.Delivered;
    }

    [Fact]
    public void An_event_that_is_the_floor_itself_is_known_once_it_was_delivered()
    {
        var transaction = new OpenTransaction(new Progress(Opening, Identity.Owner, new DeliveredNumbers(7), new RecentNumbers()), 0);
        Assert.False(transaction.Holds(7));
        transaction.Add(7, bytes: 1);
        Assert.True(transaction.Holds(7));
    }

    [Fact]
    public void A_floor_that_rises_forgets_what_is_below_and_one_that_falls_counts_what_lies_between()
    {
        var delivered = new DeliveredNumbers(10);
        foreach (var sequence in (long[])[11, 12, 15, 16, 20])
        {
            delivered.Add(sequence);
        }
        delivered.RaiseFloor(15);
        Assert.Equal([(16L, 16L), (20L, 20L)], delivered.Runs);
        delivered.LowerFloor(5);
        Assert.Equal([(6L, 16L), (20L, 20L)], delivered.Runs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2 0123456789abcdef0123456789abcdef host AAEA")]
    [InlineData("1 0123456789abcdef0123456789abcdef host !!!!")]
    [InlineData("1 0123456789abcdef0123456789abcdef host AP//")]
    public void A_text_that_makes_no_sense_is_none(string text) => Assert.Null(Progress.Decode(text));

    [Fact]
    public void Who_lost_the_progress_to_another_process_does_not_take_it_back()
    {
        var rules = Rules(_ => long.MaxValue);
        Assert.Null(rules.FaultIn(Text("other/1/a", last: 5)));
        rules.Expect(Text("other/1/a", last: 5));
        rules.Claimed();
        Assert.Null(rules.FaultIn(Text(Identity.Owner, last: 9)));
        Assert.Contains("other/2/b", rules.FaultIn(Text("other/2/b", last: 9)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_copy_of_the_log_does_not_deliver()
    {
        Assert.Contains("older copy", Rules(_ => null).FaultIn(Text("other/1/a", 5)), StringComparison.Ordinal);
        Assert.Contains("older copy", Rules(_ => 4).FaultIn(Text("other/1/a", 5)), StringComparison.Ordinal);
        Assert.Null(Rules(_ => 5).FaultIn(Text("other/1/a", 5)));
    }

    [Fact]
    public void An_older_copy_that_passed_over_the_numbers_it_lacks_does_not_deliver_either()
    {
        var copy = Rules(_ => 1_000, passedOver: number => number > 4);
        Assert.Contains("older copy", copy.FaultIn(Text("other/1/a", 5)), StringComparison.Ordinal);
        Assert.Null(copy.FaultIn(Text("other/1/a", 4)));
    }

    private static ProgressRules Rules(Func<Guid, long?> lastOfEpoch, Func<long, bool>? passedOver = null) =>
        new(Identity, new LogNumbers(_ => Opening, lastOfEpoch, passedOver ?? (_ => false)));

    private static string Text(string owner, long last)
    {
        var delivered = new DeliveredNumbers(0);
        for (var sequence = 1; sequence <= last; sequence++)
        {
            delivered.Add(sequence);
        }
        return new Progress(Opening, owner, delivered, new RecentNumbers()).Encode();
    }
}
