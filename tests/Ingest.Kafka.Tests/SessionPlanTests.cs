using Confluent.Kafka;

namespace Ingest.Kafka.Tests;

public sealed class SessionPlanTests
{
    private readonly IsolationSet _suspects = new(TimeSpan.FromMinutes(1));
    private readonly SessionPlan _plan = new();

    [Fact]
    public void A_refused_batch_leads_to_careful_sending_and_back()
    {
        var fast = new ProducerRoom(SendMode.Fast, 100, 10);
        Assert.False(SessionPlan.MustReplace(fast, _suspects));
        _suspects.Add(7, ErrorCode.InvalidRecord, TimeSpan.Zero);
        fast.Die();
        Assert.True(SessionPlan.MustReplace(fast, _suspects));
        Assert.Null(_plan.Next(_suspects));
        Assert.Equal(SendMode.Careful, _plan.Mode);

        var careful = new ProducerRoom(SendMode.Careful, 100, 10);
        Assert.True(careful.TryTake(1));
        _suspects.Settle(7, rejected: true);
        Assert.False(SessionPlan.MustReplace(careful, _suspects));
        careful.Settle(1, delivered: true);
        Assert.True(SessionPlan.MustReplace(careful, _suspects));
        Assert.Null(_plan.Next(_suspects));
        Assert.Equal(SendMode.Fast, _plan.Mode);
    }

    [Fact]
    public void Batches_shrink_when_one_was_too_large_and_none_of_its_events_was()
    {
        _suspects.Add(7, ErrorCode.MsgSizeTooLarge, TimeSpan.Zero);
        _plan.Next(_suspects);
        _suspects.Settle(7, rejected: false);

        Assert.Equal(500_000, _plan.Next(_suspects));
        Assert.Equal(500_000, _plan.BatchBytesMax);
        Assert.Null(_plan.Next(_suspects));
        Assert.Equal(500_000, _plan.BatchBytesMax);
    }

    [Fact]
    public void They_do_not_when_an_event_was_to_blame()
    {
        _suspects.Add(7, ErrorCode.MsgSizeTooLarge, TimeSpan.Zero);
        _suspects.Add(8, ErrorCode.MsgSizeTooLarge, TimeSpan.Zero);
        _suspects.Settle(7, rejected: false);
        _suspects.Settle(8, rejected: true);

        Assert.Null(_plan.Next(_suspects));
        Assert.Null(_plan.BatchBytesMax);
    }

    [Fact]
    public void Suspects_that_are_never_sent_again_are_let_go()
    {
        _suspects.Add(7, ErrorCode.InvalidRecord, TimeSpan.Zero);

        _suspects.NoteAsked(100, 200, TimeSpan.FromMinutes(1));
        Assert.True(_suspects.Any);
        _suspects.NoteAsked(1, 10, TimeSpan.FromMinutes(1));
        _suspects.NoteAsked(100, 200, TimeSpan.FromMinutes(2));
        Assert.True(_suspects.Any);
        _suspects.NoteAsked(100, 200, TimeSpan.FromMinutes(2.1));
        Assert.False(_suspects.Any);
    }
}
