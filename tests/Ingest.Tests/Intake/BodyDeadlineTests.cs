using System.IO.Pipelines;
using Ingest.Intake.Body;
using Ingest.Testing;

namespace Ingest.Tests.Intake;

public sealed class BodyDeadlineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Half = Limit / 2;

    private readonly FakeTime _time = new();

    [Fact]
    public void A_body_has_its_whole_time_after_one_that_arrived()
    {
        BodyDeadline.Arm(new Pipe().Reader, Limit, _time).Disarm();
        _time.Advance(Half);
        var late = new Pipe().Reader;
        var deadline = BodyDeadline.Arm(late, Limit, _time);
        _time.Advance(Half);
        Assert.False(IsCancelled(late));
        _time.Advance(Half);
        Assert.True(IsCancelled(late));
        deadline.Disarm();
    }

    [Fact]
    public void A_body_with_less_time_than_the_one_before_does_not_get_more()
    {
        BodyDeadline.Arm(new Pipe().Reader, Limit, _time).Disarm();
        var late = new Pipe().Reader;
        var deadline = BodyDeadline.Arm(late, Half, _time);
        _time.Advance(Half);
        Assert.True(IsCancelled(late));
        deadline.Disarm();
    }

    [Fact]
    public void A_body_that_arrived_is_left_alone()
    {
        var arrived = new Pipe().Reader;
        BodyDeadline.Arm(arrived, Limit, _time).Disarm();
        _time.Advance(Limit);
        Assert.False(IsCancelled(arrived));
        // A deadline whose timer has fired serves the next body.
        var late = new Pipe().Reader;
        var deadline = BodyDeadline.Arm(late, Limit, _time);
        _time.Advance(Limit);
        Assert.True(IsCancelled(late));
        deadline.Disarm();
    }

    private static bool IsCancelled(PipeReader reader) => reader.TryRead(out var result) && result.IsCanceled;
}
