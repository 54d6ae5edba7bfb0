using System.Text;
using Ingest.DeadLetters;

namespace Ingest.Tests.DeadLetters;

public sealed class RefusalReasonTests
{
    [Theory]
    [InlineData("  MsgSizeTooLarge: the broker\r\ntakes\t100 bytes ", "MsgSizeTooLarge: the broker  takes 100 bytes")]
    [InlineData("", "")]
    public void A_reason_is_one_line(string said, string kept) => Assert.Equal(kept, RefusalReason.Bounded(said));

    [Theory]
    [InlineData("x")]
    [InlineData("ä")]
    [InlineData("漢")]
    [InlineData("a😀")]
    [InlineData("😀")]
    public void A_long_reason_is_cut_at_a_whole_character_and_hardly_shorter_than_allowed(string unit)
    {
        var kept = RefusalReason.Bounded(string.Concat(Enumerable.Repeat(unit, 5000)));
        Assert.InRange(Encoding.UTF8.GetByteCount(kept), RefusalReason.BytesMax - 8, RefusalReason.BytesMax);
        Assert.DoesNotContain('\ufffd', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(kept)));
    }

    [Theory]
    [InlineData("HTTP 400: malformed", "HTTP 400")]
    [InlineData("MsgSizeTooLarge", "MsgSizeTooLarge")]
    [InlineData(": nothing before", "other")]
    [InlineData("", "other")]
    [InlineData("a sentence of somebody who did not think of counting", "other")]
    public void The_class_is_what_stands_before_the_colon(string reason, string expected) =>
        Assert.Equal(expected, RefusalReason.ClassOf(reason));

    [Fact]
    public void However_many_classes_come_few_are_counted_apart()
    {
        var classes = new ReasonClasses();
        var seen = Enumerable.Range(0, 1000).Select(number => classes.Of($"reason {number}: text")).ToHashSet();
        Assert.Equal(ReasonClasses.ClassesMax + 1, seen.Count);
        Assert.Equal("reason 0", classes.Of("reason 0: again"));
    }
}
