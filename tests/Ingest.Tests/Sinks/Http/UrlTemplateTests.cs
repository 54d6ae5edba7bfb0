using Ingest.Events;
using Ingest.Sinks.Http.Requests;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Streams are named by producers: no name may lead elsewhere, or to another stream's place.</summary>
public sealed class UrlTemplateTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("http://127.0.0.1:1/in/{stream}", "/in/", "")]
    [InlineData("https://host.example/{stream}/events?source={stream}", "/", "/events?source=")]
    [InlineData("http://[::1]/a/.{stream}", "/a/.", "")]
    public void Every_name_a_stream_may_have_is_a_place_of_its_own_at_the_same_host(string text, string before, string behind)
    {
        Assert.True(UrlTemplate.TryParse(text, out var template));
        var random = new Random(TestSeed.Read(output.WriteLine));
        var host = template.For("x").Authority;
        string[] names =
        [
            "a", "_", "0", "a.", "a..", "a...b", "a.-_", "a-", "localhost", "_.._", new string('a', StreamName.LengthMax),
            .. Enumerable.Range(0, 1000).Select(_ => Random(random)),
        ];
        foreach (var name in names)
        {
            Assert.True(StreamName.IsValid(name), name);
            var place = template.For(name);
            Assert.Equal(host, place.Authority);
            Assert.Equal($"{before}{name}{behind}{(behind.EndsWith('=') ? name : "")}", place.PathAndQuery);
        }
    }

    private static string Random(Random random)
    {
        const string First = "AZaz09_";
        return First[random.Next(First.Length)] + new string(random.GetItems((First + "..--").AsSpan(), random.Next(StreamName.LengthMax)));
    }
}
