using System.Globalization;
using System.Text.Json;
using Ingest.Testing;
using Ingest.Tests.Publishing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>A log, a lane, the sink with format <c>Bulk</c>, and a server that puts single documents off at random.</summary>
public sealed class BulkLaneTests : IDisposable
{
    private const int Events = 400;
    private const int Keys = 7;

    private readonly HttpSinkFixture _sinks = new();

    public void Dispose() => _sinks.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Documents_of_a_key_are_created_in_order_once_each_and_the_guilty_are_dead_letters(int seed)
    {
        await using var server = await HttpDownstream.StartAsync();
        var random = new Random(seed);
        var index = new BulkIndex(server)
        {
            Judge = (document, _) => Number(document) % 50 == 0 ? (400, "mapper_parsing_exception")
                : random.Next(100) switch
                {
                    < 10 => (503, "unavailable_shards_exception"),
                    < 13 => (429, "es_rejected_execution_exception"),
                    _ => (201, ""),
                },
        };
        await using var fixture = new LaneFixture
        {
            OtherSink = () => _sinks.Create(server, ("Format", "Bulk"), ("BatchEventsMax", "20"), ("WindowMax", "4")),
        };
        for (var number = 1; number <= Events; number++)
        {
            fixture.Log.Append(
                $"{{\"n\":{number}}}", key: number % 5 == 0 ? "" : $"k{(number % Keys).ToString(CultureInfo.InvariantCulture)}");
        }
        fixture.Start();

        await fixture.Settled(Events);

        var created = index.Documents;
        var expected = Enumerable.Range(1, Events).Where(number => number % 50 != 0).ToList();
        Assert.Equal(expected, created.Order());
        for (var key = 0; key < Keys; key++)
        {
            var ofKey = created.Where(number => number % 5 != 0 && number % Keys == key).ToList();
            Assert.True(ofKey.SequenceEqual(ofKey.Order()), $"seed {seed}, key {key}: {string.Join(' ', ofKey)}");
        }
        Assert.Equal(Events - expected.Count, fixture.Status.DeadLettered);
    }

    private static int Number(string document)
    {
        using var json = JsonDocument.Parse(document);
        return json.RootElement.GetProperty("n").GetInt32();
    }
}
