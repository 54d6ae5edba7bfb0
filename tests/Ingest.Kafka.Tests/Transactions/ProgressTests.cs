namespace Ingest.Kafka.Tests.Transactions;

/// <summary>What is written beside the offset, and what is read of it.</summary>
public sealed class ProgressTests
{
    private static readonly Guid Opening = Guid.Parse("0123456789abcdef0123456789abcdef");
    private static readonly TransactionIdentity Identity = new(Opening, "kafka", Opening);

    /// <summary>
    /// Written before owed events stood in ascending order: floor 20, the runs 21 to 22 and 25, and of owed ones 9 and 3 to 4.
    /// </summary>
    [Fact]
    public void A_progress_of_the_first_version_is_read()
    {
        var text = "1 0123456789abcdef0123456789abcdef host " + Convert.ToBase64String([20, 3, 0, 2, 2, 1, 2, 9, 1, 3, 2]);
        var read = Progress.Decode(text)!.Delivered;
        Assert.Equal([(21L, 22L), (25L, 25L)], read.Above.All);
        Assert.Equal([(3L, 4L), (9L, 9L)], read.Owed.All);
    }

    [Fact]
    public void Whether_everything_up_to_the_floor_was_delivered_is_kept()
    {
        var delivered = new DeliveredNumbers(0);
        delivered.Add(1);
        delivered.Add(2);
        delivered.Add(4);
        delivered.RaiseFloor(2, new OwedList());
        Assert.True(Reread(delivered).IsWhole);
        // The third was parked or refused.
        delivered.RaiseFloor(4, new OwedList());
        Assert.False(Reread(delivered).IsWhole);
        Assert.False(Reread(delivered).Clone().IsWhole);
        Assert.False(new DeliveredNumbers(7).IsWhole);

        static DeliveredNumbers Reread(DeliveredNumbers numbers) =>
            Progress.Decode(new Progress(Opening, Identity.Owner, numbers).Encode())!.Delivered;
    }

    [Theory]
    [InlineData("")]
    [InlineData("3 0123456789abcdef0123456789abcdef host AAEA")]
    [InlineData("1 0123456789abcdef0123456789abcdef host !!!!")]
    [InlineData("1 0123456789abcdef0123456789abcdef host AP//")]
    // Floor 40, nothing above, one run of the first version: from number 0, and so long that it ends nowhere.
    [InlineData("1 0123456789abcdef0123456789abcdef host KAEBAAU=")]
    [InlineData("1 0123456789abcdef0123456789abcdef host KAEBAv//////////fw==")]
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
        return new Progress(Opening, owner, delivered).Encode();
    }
}
