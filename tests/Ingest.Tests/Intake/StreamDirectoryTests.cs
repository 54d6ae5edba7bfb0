using Ingest.Intake;
using Ingest.Intake.Http;
using Ingest.Testing;

namespace Ingest.Tests.Intake;

/// <summary>Names of streams that are used up come free again, and no key takes all of them.</summary>
public sealed class StreamDirectoryTests
{
    private readonly FakeTime _time = new();
    private readonly IntakeOptions _options = new() { StreamsMax = 4, StreamIdle = TimeSpan.FromMinutes(1) };
    private TimeSpan _oldestPending;

    [Fact]
    public void A_name_with_nothing_pending_makes_room_once_it_is_idle()
    {
        var streams = Open();
        Assert.Equal(["", "", "", "streams_exhausted"], new[] { "a", "b", "c", "d" }.Select(name => Keep(streams, name)));
        streams.Find("d", out var refused);
        Assert.Equal("streams_exhausted", refused.Kind.Code);
        Assert.InRange(refused.RetrySeconds, 1, 60);

        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("", Keep(streams, "a"));
        _time.Advance(TimeSpan.FromSeconds(11));
        // The one used longest ago goes, never the default one, and none that was used lately.
        Assert.Equal("", Keep(streams, "d"));
        Assert.Equal("", Keep(streams, "a"));
        Assert.Equal(4, streams.Count);
    }

    [Fact]
    public void A_name_with_something_pending_makes_no_room()
    {
        var streams = Open();
        Assert.All(["a", "b", "c"], name => Assert.Equal("", Keep(streams, name)));
        _time.Advance(TimeSpan.FromMinutes(10));
        _oldestPending = TimeSpan.FromMinutes(10);
        Assert.Equal("streams_exhausted", Keep(streams, "d"));
        _oldestPending = TimeSpan.FromMinutes(5);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("", Keep(streams, "d"));
    }

    [Fact]
    public void Names_known_from_before_a_start_make_room_too()
    {
        var streams = Open("a", "b", "c");
        Assert.Equal("streams_exhausted", Keep(streams, "d"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("", Keep(streams, "d"));
    }

    [Fact]
    public void A_key_names_only_its_share_of_streams()
    {
        var streams = Open();
        Assert.Equal(["", "", ""], new[] { "a", "b", "c" }.Select(name => Keep(streams, name, "")).ToArray());
        _options.StreamsMax = 8;
        _options.StreamsPerKeyMax = 2;
        Assert.Equal(["", "", "streams_exhausted"], new[] { "d", "e", "f" }.Select(name => Keep(streams, name, "greedy")));
        Assert.Equal("", Keep(streams, "g", "other"));
        Assert.Equal("", Keep(streams, "d", "greedy"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("", Keep(streams, "f", "greedy"));
    }

    private StreamDirectory Open(params string[] known) => new(_options, known, _time, () => _oldestPending);

    private static string Keep(StreamDirectory streams, string name, string key = "") =>
        streams.Find(name, out var problem) is { } route && (problem = streams.Keep(route, key)).IsNone ? "" : problem.Kind.Code;
}
