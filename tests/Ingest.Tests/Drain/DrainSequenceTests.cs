using FsCheck;
using FsCheck.Fluent;
using Ingest.Drain;

namespace Ingest.Tests.Drain;

public sealed class DrainSequenceTests
{
    private static readonly DrainOptions Options = new();

    private readonly DrainSequence _sequence = new(Options);
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void A_drain_goes_through_every_phase_in_its_order()
    {
        _sequence.Request(_now, "test", exitAfter: true, null);
        Assert.Equal((DrainStep.Announce, DrainPhase.BalancerDelay), Next());
        Assert.Equal((DrainStep.Wait, DrainPhase.BalancerDelay), Next());
        _now += Options.BalancerDelay;
        Assert.Equal((DrainStep.Refuse, DrainPhase.Refusing), Next(inFlight: 3));
        Assert.Equal((DrainStep.Wait, DrainPhase.Finishing), Next(inFlight: 3));
        Assert.Equal((DrainStep.Wait, DrainPhase.Finishing), Next(inFlight: 1));
        Assert.Equal((DrainStep.Commit, DrainPhase.Committing), Next(inFlight: 0));
        Assert.Equal((DrainStep.Hurry, DrainPhase.Delivering), Next(pending: 5));
        Assert.Equal((DrainStep.Wait, DrainPhase.Delivering), Next(pending: 1));
        Assert.Equal((DrainStep.Save, DrainPhase.Saving), Next(pending: 0));
        Assert.Equal((DrainStep.Wait, DrainPhase.Drained), Next());
        Assert.Equal((DrainStep.Exit, DrainPhase.Drained), Next());
        Assert.Equal((DrainStep.Rest, DrainPhase.Drained), Next());
    }

    [Fact]
    public void Without_the_exit_it_rests_when_drained()
    {
        To(DrainPhase.Drained);
        Assert.Equal((DrainStep.Rest, DrainPhase.Drained), Next());
    }

    [Fact]
    public void Requests_that_do_not_end_hold_it_up_for_their_deadline_only()
    {
        To(DrainPhase.Finishing);
        _now += Options.RequestsDeadline - TimeSpan.FromTicks(1);
        Assert.Equal(DrainStep.Wait, Next(inFlight: 1).Step);
        _now += TimeSpan.FromTicks(1);
        Assert.Equal(DrainStep.Commit, Next(inFlight: 1).Step);
    }

    [Fact]
    public void A_sink_that_is_down_holds_it_up_for_the_deadline_only()
    {
        To(DrainPhase.Delivering);
        _now += Options.Deadline - TimeSpan.FromTicks(1);
        Assert.Equal(DrainStep.Wait, Next(pending: 1).Step);
        _now += TimeSpan.FromTicks(1);
        Assert.Equal(DrainStep.Save, Next(pending: 1).Step);
    }

    [Theory]
    [InlineData(DrainPhase.BalancerDelay, "Refuse")]
    [InlineData(DrainPhase.Finishing, "Wait")]
    [InlineData(DrainPhase.Delivering, "Save")]
    public void Skipping_ends_the_waits_for_others_but_not_for_requests_in_flight(DrainPhase phase, string next)
    {
        To(phase);
        _sequence.SkipWaits();
        Assert.Equal(next, Next(inFlight: 1, pending: 1).Step.ToString());
    }

    [Fact]
    public void Skipping_while_serving_does_not_skip_a_later_drain()
    {
        _sequence.SkipWaits();
        To(DrainPhase.BalancerDelay);
        Assert.Equal(DrainStep.Wait, Next().Step);
    }

    [Theory]
    [InlineData(DrainPhase.BalancerDelay, "Withdraw")]
    [InlineData(DrainPhase.Refusing, "Accept Withdraw")]
    [InlineData(DrainPhase.Finishing, "Accept Withdraw")]
    [InlineData(DrainPhase.Committing, "ReopenQueue Accept Withdraw")]
    [InlineData(DrainPhase.Delivering, "ResumeDelivery ReopenQueue Accept Withdraw")]
    [InlineData(DrainPhase.Saving, "ResumeDelivery ReopenQueue Accept Withdraw")]
    [InlineData(DrainPhase.Drained, "ResumeDelivery ReopenQueue Accept Withdraw")]
    public void Taking_it_back_undoes_what_was_done_in_reverse(DrainPhase phase, string steps)
    {
        To(phase);
        Assert.Null(_sequence.Resume());
        var undone = new List<DrainStep>();
        while (Next(inFlight: 1, pending: 1) is var (step, _) && step != DrainStep.Rest)
        {
            undone.Add(step);
        }
        Assert.Equal(steps, string.Join(' ', undone.Where(step => step != DrainStep.Wait)));
        Assert.Equal(DrainPhase.Serving, _sequence.Phase);
    }

    [Fact]
    public void Nothing_is_taken_back_while_serving() => Assert.Equal(ResumeOutcome.NotDraining, _sequence.Resume());

    [Fact]
    public void A_drain_that_has_not_begun_is_forgotten()
    {
        _sequence.Request(_now, "test", exitAfter: false, null);
        Assert.Null(_sequence.Resume());
        Assert.Equal((DrainStep.Rest, DrainPhase.Serving), Next());
    }

    [Fact]
    public void A_drain_that_ends_in_the_exit_is_not_taken_back()
    {
        To(DrainPhase.Delivering);
        _sequence.Request(_now, "SIGTERM", exitAfter: true, null);
        Assert.Equal(ResumeOutcome.Exiting, _sequence.Resume());
    }

    [Fact]
    public void A_signal_that_joins_shortens_what_is_left_of_a_longer_deadline()
    {
        _sequence.Request(_now, "operator", exitAfter: false, TimeSpan.FromHours(1));
        To(DrainPhase.Delivering);
        Assert.Equal(TimeSpan.FromHours(1), _sequence.Remaining(_now));
        _sequence.Request(_now, "SIGTERM", exitAfter: true, null);
        Assert.Equal(Options.Deadline, _sequence.Remaining(_now));
        Assert.Equal("SIGTERM", _sequence.Reason);
        _sequence.Request(_now, "operator", exitAfter: false, TimeSpan.FromHours(2));
        Assert.Equal(Options.Deadline, _sequence.Remaining(_now));
        Assert.True(_sequence.ExitAfter);
    }

    [Fact]
    public void Asking_again_overtakes_a_resume_that_has_not_begun()
    {
        To(DrainPhase.Delivering);
        Assert.Null(_sequence.Resume());
        _sequence.Request(_now, "again", exitAfter: false, null);
        Assert.Equal((DrainStep.Wait, DrainPhase.Delivering), Next(pending: 1));
    }

    [Fact]
    public void Asking_while_it_is_taken_back_begins_anew_afterwards()
    {
        To(DrainPhase.Refusing);
        Assert.Null(_sequence.Resume());
        Assert.Equal((DrainStep.Accept, DrainPhase.Resuming), Next());
        _sequence.Request(_now, "again", exitAfter: true, null);
        Assert.Equal((DrainStep.Withdraw, DrainPhase.Resuming), Next());
        Assert.Equal((DrainStep.Wait, DrainPhase.Serving), Next());
        Assert.Equal((DrainStep.Announce, DrainPhase.BalancerDelay), Next());
        Assert.True(_sequence.ExitAfter);
    }

    [Fact]
    public void What_cannot_be_taken_back_is_drained_once_more_without_the_balancers_delay()
    {
        To(DrainPhase.Drained);
        _sequence.Resume();
        Assert.Equal(DrainStep.ResumeDelivery, Next().Step);
        Assert.Equal(DrainStep.ReopenQueue, Next().Step);
        Assert.True(_sequence.Failed());
        DrainStep[] expected =
        [
            DrainStep.Announce, DrainStep.Refuse, DrainStep.Wait, DrainStep.Commit,
            DrainStep.Hurry, DrainStep.Save, DrainStep.Wait, DrainStep.Rest,
        ];
        Assert.Equal(expected, expected.Select(_ => Next().Step));
    }

    [Fact]
    public void Whatever_is_asked_in_whatever_order_no_step_comes_before_the_one_it_needs() =>
        Prop.ForAll(Gen.Choose(0, 11).ArrayOf(200).ToArbitrary(), KeepsItsOrder).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    // Which steps are in force is all that matters: each needs the one before, and is undone only after the one behind.
    private static bool KeepsItsOrder(int[] inputs)
    {
        var sequence = new DrainSequence(Options);
        var now = TimeSpan.Zero;
        var (announced, refused, committed, hurried, exited) = (false, false, false, false, false);
        foreach (var input in inputs)
        {
            now += TimeSpan.FromSeconds(input);
            switch (input)
            {
                case 0:
                    sequence.Request(now, "a", exitAfter: false, null);
                    break;
                case 1 when inputs[0] < 6:
                    sequence.Request(now, "b", exitAfter: true, null);
                    break;
                case 2:
                    sequence.Resume();
                    break;
                case 3:
                    sequence.SkipWaits();
                    break;
                case 4:
                    sequence.Failed();
                    break;
                default:
                    break;
            }
            var fine = sequence.Next(now, inFlight: input % 4, pending: input % 5) switch
            {
                DrainStep.Announce => !exited && (announced = true),
                DrainStep.Refuse => announced && (refused = true),
                DrainStep.Commit => refused && (committed = true),
                DrainStep.Hurry => committed && (hurried = true),
                DrainStep.Save => hurried,
                DrainStep.Exit => hurried && !exited && (exited = true),
                DrainStep.ResumeDelivery => !exited && !(hurried = false),
                DrainStep.ReopenQueue => !hurried && !(committed = false),
                DrainStep.Accept => !committed && !(refused = false),
                DrainStep.Withdraw => !refused && !(announced = false),
                _ => sequence.Phase != DrainPhase.Serving || !announced,
            };
            if (!fine)
            {
                return false;
            }
        }
        return true;
    }

    private (DrainStep Step, DrainPhase Phase) Next(int inFlight = 0, long pending = 0) =>
        (_sequence.Next(_now, inFlight, pending), _sequence.Phase);

    private void To(DrainPhase phase)
    {
        if (_sequence is { Phase: DrainPhase.Serving, Requested: false })
        {
            _sequence.Request(_now, "test", exitAfter: false, null);
        }
        for (var steps = 0; _sequence.Phase != phase; steps++)
        {
            Assert.InRange(steps, 0, 20);
            if (_sequence.Phase == DrainPhase.BalancerDelay)
            {
                _now += Options.BalancerDelay;
            }
            Next();
        }
    }
}
