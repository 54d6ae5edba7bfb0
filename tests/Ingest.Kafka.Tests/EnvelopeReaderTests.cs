using System.Text;

namespace Ingest.Kafka.Tests;

/// <summary>CloudEvents: from the JSON format to Kafka's binary mode.</summary>
public sealed class EnvelopeReaderTests
{
    [Theory]
    [InlineData(
        """{"specversion":"1.0","id":"a","source":"/s","type":"t","data":{"x" : [1, 2]}}""",
        "ce_specversion=1.0 ce_id=a ce_source=/s ce_type=t", "application/json", """{"x" : [1, 2]}""")]
    [InlineData("""{"id":"a","datacontenttype":"application/vnd.x+json","data":"text"}""", "ce_id=a", "application/vnd.x+json", "\"text\"")]
    [InlineData("""{"id":"a","datacontenttype":"text/xml","data":"<a q=\"1\"/>"}""", "ce_id=a", "text/xml", "<a q=\"1\"/>")]
    [InlineData("""{"id":"a","datacontenttype":"text/plain","data":{"not":"text"}}""", "ce_id=a", "text/plain", "{\"not\":\"text\"}")]
    [InlineData("""{"data_base64":"AGhpAQ==","datacontenttype":"a/octets","id":"a"}""", "ce_id=a", "a/octets", "\0hi\u0001")]
    [InlineData("""{"id":"a","sampledrate":30,"flag":true,"gone":null}""", "ce_id=a ce_sampledrate=30 ce_flag=true", "", "")]
    [InlineData("""{"id":"\u00e9\n","subject":"x"}""", "ce_id=é\n ce_subject=x", "", "")]
    [InlineData("""{"id":"a","data":null}""", "ce_id=a", "application/json", "null")]
    public void An_envelope_is_taken_apart(string envelope, string attributes, string contentType, string data)
    {
        var reader = new EnvelopeReader();

        Assert.True(reader.TryRead(Encoding.UTF8.GetBytes(envelope)));

        var shown = Enumerable.Range(0, reader.Count)
            .Select(index => $"{Encoding.UTF8.GetString(reader.NameOf(index))}={Encoding.UTF8.GetString(reader.ValueOf(index))}");
        Assert.Equal(attributes, string.Join(' ', shown));
        Assert.Equal(contentType, Encoding.UTF8.GetString(reader.ContentType));
        Assert.Equal(data, Encoding.UTF8.GetString(reader.Data));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"id":{"no":"attribute"}}""")]
    [InlineData("""{"id":"half a pair: \ud800"}""")]
    [InlineData("""{"data_base64":"not base64!"}""")]
    [InlineData("""{"data_base64":17}""")]
    [InlineData("""{"naïve":"x"}""")]
    public void What_binary_mode_cannot_carry_is_left_whole(string envelope) =>
        Assert.False(new EnvelopeReader().TryRead(Encoding.UTF8.GetBytes(envelope)));
}
