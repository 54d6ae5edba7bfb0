using System.Text;
using Ingest.Intake.Keys;

namespace Ingest.Tests.Intake.Keys;

/// <summary>A mistake in the keys' file is named, with its place.</summary>
public sealed class KeyFileTests
{
    private const string Digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("", "Line 1")]
    [InlineData("null", "null")]
    [InlineData("{}", "keys")]
    [InlineData("""{"keys":[{"name":"a"}]}""", "sha256")]
    [InlineData("""{"keys":[{"name":"","sha256":"DIGEST"}]}""", "keys[0]: name")]
    [InlineData("""{"keys":[{"name":"a","sha256":"12"}]}""", "keys[0]: sha256 must be 64 hexadecimal digits")]
    [InlineData("""{"keys":[{"name":"a","sha256":"DIGEST"},{"name":"b","sha256":"DIGEST"}]}""", "keys[1]: sha256 is there twice")]
    [InlineData("""{"keys":[{"name":"a","sha256":"DIGEST","streams":["a b"]}]}""", "keys[0]: streams has \"a b\"")]
    [InlineData("""{"keys":[{"name":"a","sha256":"DIGEST","eventsPerSecond":-1}]}""", "keys[0]: eventsPerSecond")]
    [InlineData("""{"keys":[{"name":"a","sha256":"DIGEST","eventsPerSec":1}]}""", "eventsPerSec")]
    [InlineData("""{"keys":[{"name":"a","sha256":"DIGEST","key":"the key itself"}]}""", "key")]
    [InlineData("""{"keys":null}""", "keys must be an array")]
    [InlineData("""{"keys":[null]}""", "keys[0] must be an object")]
    [InlineData("""{"keys":[{"name":null,"sha256":"DIGEST"}]}""", "keys[0]: name")]
    [InlineData("""{"keys":[{"name":"a","sha256":null}]}""", "keys[0]: sha256")]
    [InlineData("""{"keys":[{"name":"a","sha256":"DIGEST","streams":["a",null]}]}""", "keys[0]: streams has \"null\"")]
    public void A_file_with_a_mistake_says_where_it_is(string json, string message)
    {
        var error = Assert.Throws<FormatException>(() => Parse(json));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("the key itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_and_capitals_are_taken()
    {
        var ring = Parse("""
            {"keys":[
              // the shop's
              {"name":"a","sha256":"DIGEST"},
            ]}
            """.Replace("DIGEST", Digest.ToUpperInvariant(), StringComparison.Ordinal));
        Assert.Equal("a", ring.Find(Convert.FromHexString(Digest))?.Producer.Name);
        Assert.Null(ring.Find(new byte[32]));
    }

    [Fact]
    public void Only_the_whole_digest_is_the_digest()
    {
        var ring = Parse("""{"keys":[{"name":"a","sha256":"DIGEST"}]}""");
        var other = Convert.FromHexString(Digest);
        other[31] ^= 1;
        Assert.Null(ring.Find(other));
    }

    private static KeyRing Parse(string json) => KeyFile.Parse(
        Encoding.UTF8.GetBytes(json.Replace("DIGEST", Digest, StringComparison.Ordinal)), KeyRing.Empty, TimeProvider.System);
}
