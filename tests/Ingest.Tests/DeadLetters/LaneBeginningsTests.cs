using Ingest.DeadLetters.Storage;

namespace Ingest.Tests.DeadLetters;

/// <summary>Where lanes began, until it is on disk.</summary>
public sealed class LaneBeginningsTests
{
    [Fact]
    public void A_lane_that_begins_again_before_its_first_beginning_was_written_began_there()
    {
        var beginnings = new LaneBeginnings();
        beginnings.Add("a", 100);
        beginnings.Add("a", 150);
        beginnings.Add("b", 7);

        Assert.Equal((100L, 7L, null), (beginnings.Of("a"), beginnings.Of("b"), beginnings.Of("c")));
        var written = beginnings.All();
        beginnings.Add("a", 50);
        beginnings.Written(written);

        Assert.Equal((50L, null, false), (beginnings.Of("a"), beginnings.Of("b"), beginnings.IsEmpty));
        beginnings.Written(beginnings.All());
        beginnings.Add("a", 150);
        Assert.Equal(150, beginnings.Of("a"));
    }
}
