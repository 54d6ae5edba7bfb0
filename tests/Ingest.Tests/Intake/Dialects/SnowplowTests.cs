using System.Text;
using Ingest.Intake.Dialects.Snowplow;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Snowplow's trackers: batches, the pixel, a path of their own, and statuses that they do not repeat for ever.</summary>
public sealed class SnowplowTests
{
    private const string Batches = "/com.snowplowanalytics.snowplow/tp2";

    [Fact]
    public async Task A_repeated_batch_is_told_by_its_event_ids_and_ordered_by_the_browsers_id()
    {
        await using var server = await DialectServer.StartAsync(new SnowplowDialect());
        for (var i = 0; i < 2; i++)
        {
            var answer = await server.PostAsync(
                Batches, $"{{\"schema\":\"{i}\",\"data\":[{{\"eid\":\"e-1\",\"duid\":\"d\"}},{{\"eid\":\"e-2\",\"uid\":\"u\\u00e9\"}}]}}");
            Assert.Equal((200, "ok"), (answer.Status, answer.Body));
        }
        Assert.Equal(["d", "ué"], server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Key)));
    }

    [Fact]
    public async Task The_pixel_stores_its_parameters_once_and_answers_an_image()
    {
        await using var server = await DialectServer.StartAsync(new SnowplowDialect());
        for (var i = 0; i < 2; i++)
        {
            var answer = await server.SendAsync("GET", "/i?e=pv&eid=e-1&url=https%3A%2F%2Fa.example%2F%3Fq%3D1&duid=d&aid=%22x", []);
            Assert.Equal((200, "image/gif"), (answer.Status, answer.Header("Content-Type")));
            Assert.StartsWith("GIF89a", answer.Body, StringComparison.Ordinal);
        }
        Assert.Equal(
            ["{\"e\":\"pv\",\"eid\":\"e-1\",\"url\":\"https://a.example/?q=1\",\"duid\":\"d\",\"aid\":\"\\\"x\"}"], server.Payloads);
        Assert.Equal("d", Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Key));
        Assert.Equal(400, (await server.SendAsync("GET", "/i", [])).Status);
    }

    [Fact]
    public async Task What_is_never_taken_has_a_status_for_which_trackers_drop_it()
    {
        await using var server = await DialectServer.StartAsync(
            new SnowplowDialect(), configure: options => options.EventBytesMax = 1024);
        var answer = await server.PostAsync(Batches, $"{{\"data\":[{{\"x\":\"{new string('x', 2000)}\"}}]}}");
        Assert.Equal((422, "event_too_large"), (answer.Status, answer.Header("Ingest-Code")));
        Assert.Empty(server.Payloads);
    }

    [Fact]
    public async Task Trackers_with_a_path_of_their_own_are_served_there_too()
    {
        var options = (SnowplowDialectOptions)DialectServer.Defaults(new SnowplowDialect());
        options.Path = "/com.example/track";
        await using var server = await DialectServer.StartAsync(new SnowplowDialect(), options);
        Assert.Equal(200, (await server.PostAsync("/com.example/track", "{\"data\":[{}]}")).Status);
        Assert.Equal(200, (await server.PostAsync(Batches, "{\"data\":[{}]}")).Status);
        Assert.Equal(2, server.Payloads.Count);
    }
}
