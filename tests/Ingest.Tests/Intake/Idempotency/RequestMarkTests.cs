using System.Globalization;
using Ingest.Intake.Idempotency;

namespace Ingest.Tests.Intake.Idempotency;

/// <summary>Marks lie in logs and files of earlier builds: what they are made of never changes.</summary>
public sealed class RequestMarkTests
{
    [Fact]
    public void Marks_are_those_that_earlier_builds_wrote()
    {
        var ofIds = RequestMark.OfIds("segment", "shop", "m-1"u8);
        Assert.Equal("72128cc3f09eb873b21359fede9cc6cd", Text(ofIds));

        var ofKey = RequestMark.OfKey("orders", "", new string('k', 200), default, default);
        Assert.Equal("9ff304a4ecc6a961b59b7e7fcce9f4e4", Text(ofKey));

        var (source, id) = (Enumerable.Repeat((byte)'s', 1200).ToArray(), Enumerable.Repeat((byte)'i', 1000).ToArray());
        var ofEvent = RequestMark.OfCloudEvent("ströme", "p", source, id);
        Assert.Equal("e0ab77a9d72600de7c987748e0b36703", Text(ofEvent));
    }

    private static string Text(in RequestMark mark) => mark.Identity.ToString("x32", CultureInfo.InvariantCulture);
}
