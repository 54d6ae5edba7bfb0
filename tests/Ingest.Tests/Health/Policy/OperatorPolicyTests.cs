using System.Text;
using Ingest.Health.Policy;
using Ingest.Testing;

namespace Ingest.Tests.Health.Policy;

[Collection(Alone.Name)]
public sealed class OperatorPolicyTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Without_a_policy_everything_is_admitted() =>
        Assert.Equal(PolicyVerdict.Admit, New("{}").Check("any", "key", int.MaxValue).Verdict);

    [Theory]
    [InlineData("""{"enabled":false}""", PolicyScope.Node)]
    [InlineData("""{"streams":{"orders":{"enabled":false}}}""", PolicyScope.Stream)]
    [InlineData("""{"keys":{"shop":{"enabled":false}}}""", PolicyScope.Key)]
    public void What_is_switched_off_is_refused(string json, PolicyScope scope)
    {
        var policy = New(json);
        Assert.Equal(new PolicyDecision(PolicyVerdict.Refuse, scope), policy.Check("orders", "shop", 1));
        Assert.Equal(scope == PolicyScope.Node ? PolicyVerdict.Refuse : PolicyVerdict.Admit, policy.Check("clicks", null, 1).Verdict);
    }

    [Theory]
    [InlineData("""{"rateLimit":10}""", PolicyScope.Node)]
    [InlineData("""{"streams":{"orders":{"rateLimit":10}}}""", PolicyScope.Stream)]
    [InlineData("""{"keys":{"shop":{"rateLimit":10}}}""", PolicyScope.Key)]
    public void A_limit_lets_a_seconds_worth_through_and_then_its_rate(string json, PolicyScope scope)
    {
        var policy = New(json);
        Assert.Equal(10, Admitted(policy, 20));
        var decision = policy.Check("orders", "shop", 1);
        Assert.Equal((PolicyVerdict.Limit, scope), (decision.Verdict, decision.Scope));
        Assert.InRange(decision.RetrySeconds, 0.0, 0.1);
        Assert.True(decision.RetrySeconds > 0);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, Admitted(policy, 20));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(10, Admitted(policy, 20));
    }

    [Fact]
    public void A_batch_larger_than_the_limit_goes_through_and_is_paid_for_afterwards()
    {
        var policy = New("""{"rateLimit":10}""");
        Assert.Equal(PolicyVerdict.Admit, policy.Check("a", null, 100).Verdict);
        Assert.InRange(policy.Check("a", null, 1).RetrySeconds, 8.99, 9.01);
        _time.Advance(TimeSpan.FromSeconds(9.1));
        Assert.Equal(PolicyVerdict.Admit, policy.Check("a", null, 1).Verdict);
    }

    [Fact]
    public void What_one_limit_refuses_is_not_taken_from_the_others()
    {
        var policy = New("""{"rateLimit":1,"streams":{"orders":{"rateLimit":100}},"keys":{"shop":{"rateLimit":100}}}""");
        Assert.Equal(1, Admitted(policy, 1000));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Admitted(policy, 1));
    }

    [Fact]
    public void Switching_the_policy_is_no_way_around_a_limit()
    {
        var first = New("""{"rateLimit":10}""");
        Assert.Equal(10, Admitted(first, 20));
        Assert.Equal(0, Admitted(New("""{"rateLimit":10,"circuitBreakerThreshold":0.5}""", first), 20));
        Assert.InRange(Admitted(New("""{"rateLimit":5}""", first), 20), 0, 1);
        Assert.Equal(PolicyVerdict.Admit, New("{}", first).Check("a", null, 1).Verdict);
    }

    [Fact]
    public void A_check_allocates_nothing()
    {
        var policy = New("""{"rateLimit":1e9,"streams":{"orders":{"rateLimit":1e9}},"keys":{"shop":{}}}""");
        Admitted(policy, 10);
        Assert.Equal(0, Allocations.OfOneRun(() => Admitted(policy, 1000)));
    }

    private static int Admitted(OperatorPolicy policy, int attempts)
    {
        var admitted = 0;
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            admitted += policy.Check("orders", "shop", 1).Verdict == PolicyVerdict.Admit ? 1 : 0;
        }
        return admitted;
    }

    private OperatorPolicy New(string json, OperatorPolicy? before = null)
    {
        Assert.Null(PolicyDocument.Parse(Encoding.UTF8.GetBytes(json), out var document));
        return new OperatorPolicy(document, _time, before);
    }
}
