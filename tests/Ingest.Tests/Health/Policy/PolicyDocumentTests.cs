using System.Text;
using Ingest.Health.Policy;

namespace Ingest.Tests.Health.Policy;

public sealed class PolicyDocumentTests
{
    [Fact]
    public void What_is_not_said_has_its_default()
    {
        var document = Read("{}");
        Assert.True(document.Enabled);
        Assert.Equal((null, null), (document.RateLimit, document.CircuitBreakerThreshold));
        Assert.Empty(document.Streams);
        Assert.Empty(document.Keys);
        Assert.True(Read("""{"streams":{"a":{}}}""").Streams["a"].Enabled);
    }

    [Fact]
    public void Everything_that_can_be_said_is_read()
    {
        var document = Read(
            """
            {
              "enabled": false, "rateLimit": 5000, "circuitBreakerThreshold": 0.25, // at night
              "streams": { "orders": { "enabled": false }, "clicks": { "rateLimit": 0.5 } },
              "keys": { "shop": { "rateLimit": 1e9 } },
            }
            """);
        Assert.False(document.Enabled);
        Assert.Equal((5000, 0.25), (document.RateLimit, document.CircuitBreakerThreshold));
        Assert.False(document.Streams["orders"].Enabled);
        Assert.Equal(0.5, document.Streams["clicks"].RateLimit);
        Assert.Equal(1e9, document.Keys["shop"].RateLimit);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("null", "must be an object")]
    [InlineData("[]", "The policy must be an object.")]
    [InlineData("""{"enabled":tr""", "no JSON: see line 1, byte 14")]
    [InlineData("""{"enabld":true}""", "a policy has no member enabld: its members are enabled, rateLimit, ")]
    [InlineData("""{"ratelimit":5}""", "capitals count, rateLimit is meant")]
    [InlineData("""{"enabled":"no"}""", "enabled = \"no\" must be true or false.")]
    [InlineData("""{"streams":{"a":{"enabled":1}}}""", "streams.a.enabled = 1 must be true or false.")]
    [InlineData("""{"streams":{"a":{},"a":{}}}""", "streams.a stands twice.")]
    [InlineData("""{"streams":[]}""", "streams = [] must be an object with a rule for each name.")]
    [InlineData("""{"enabled":true,"enabled":false}""", "enabled stands twice.")]
    [InlineData("""{"rateLimit":0}""", "rateLimit = 0 must be above 0")]
    [InlineData("""{"rateLimit":-1}""", "rateLimit = -1 must be above 0")]
    [InlineData("""{"rateLimit":1e10}""", "at most 1000000000")]
    [InlineData("""{"rateLimit":"5"}""", "rateLimit = \"5\" must be a number or null.")]
    [InlineData("""{"circuitBreakerThreshold":1.5}""", "circuitBreakerThreshold = 1.5 must be above 0 and at most 1")]
    [InlineData("""{"streams":{"a":{"rateLimit":0}}}""", "streams.a.rateLimit = 0")]
    [InlineData("""{"streams":{"":{}}}""", "1 to 256")]
    [InlineData("""{"keys":{"a":null}}""", "keys.a must be an object")]
    [InlineData("""{"keys":null}""", "keys must be an object")]
    [InlineData("""{"\ud800":1}""", "no Unicode")]
    [InlineData("""{"streams":{"\udc00":{}}}""", "no Unicode")]
    [InlineData("""{"streams":{"a":{"limit":1}}}""", "a policy has no member streams.a.limit")]
    public void A_mistake_is_named(string json, string named)
    {
        var mistake = PolicyDocument.Parse(Encoding.UTF8.GetBytes(json), out _);

        Assert.Contains(named, mistake, StringComparison.Ordinal);
        // In the words of a policy, and not of what reads it.
        Assert.DoesNotMatch(@"System\.|\$\.|LineNumber|\.NET", mistake);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_a_mistake() =>
        Assert.Contains("no Unicode", PolicyDocument.Parse([.. "{\"streams\":\""u8, 0xC6, .. "\"}"u8], out _), StringComparison.Ordinal);

    [Fact]
    public void More_names_than_allowed_are_a_mistake()
    {
        var rules = string.Join(',', Enumerable.Range(0, PolicyDocument.RulesMax + 1).Select(index => $"\"s{index}\":{{}}"));
        Assert.Contains("at most 10000", PolicyDocument.Parse(Encoding.UTF8.GetBytes($"{{\"streams\":{{{rules}}}}}"), out _));
    }

    private static PolicyDocument Read(string json)
    {
        Assert.Null(PolicyDocument.Parse(Encoding.UTF8.GetBytes(json), out var document));
        return document;
    }
}
