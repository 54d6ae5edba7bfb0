using Elastic.Clients.Elasticsearch;
using Elastic.Transport;
using Nest;

namespace Clients;

/// <summary>Elastic's clients for .NET, each with its own helper for bulks.</summary>
internal static class Bulks
{
    private sealed record Order(int Number, string Mark);

    internal static async Task ElasticAsync(Surroundings surroundings)
    {
        var settings = new ElasticsearchClientSettings(new Uri(surroundings.Url))
            .Authentication(new BasicAuthentication("ingest", surroundings.Key));
        var client = new ElasticsearchClient(settings);
        var batch = new List<Order>();
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            batch.Add(new Order(number, mark));
            if (batch.Count == 7)
            {
                await SendAsync(client, batch);
                batch = [];
            }
        }
        await SendAsync(client, batch);
    }

    /// <summary>As applications do it: a bulk that failed is sent again.</summary>
    private static async Task SendAsync(ElasticsearchClient client, List<Order> batch)
    {
        for (var attempt = 0; batch.Count > 0; attempt++)
        {
            try
            {
                var answer = await client.BulkAsync(bulk => bulk.Index("orders").CreateMany(batch));
                if (answer.IsValidResponse && !answer.Errors)
                {
                    batch.ForEach(order => Report.Stored(order.Number));
                    return;
                }
                if (attempt == 20)
                {
                    Report.Error(answer.DebugInformation);
                    return;
                }
            }
            catch (Exception e) when (attempt < 20)
            {
                Report.Error(e);
            }
            // The pause of a client before it sends again; there is no event to wait for.
            await Task.Delay(500);
        }
    }

    internal static async Task NestAsync(Surroundings surroundings)
    {
        var client = new ElasticClient(new Nest.ConnectionSettings(new Uri(surroundings.Url)).BasicAuthentication("ingest", surroundings.Key));
        var orders = new List<Order>();
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            orders.Add(new Order(number, mark));
            if (orders.Count < 20)
            {
                continue;
            }
            All(client, orders);
            orders = [];
        }
        if (orders.Count > 0)
        {
            All(client, orders);
        }
    }

    private static void All(ElasticClient client, List<Order> orders)
    {
        try
        {
            client.BulkAll(orders, bulk => bulk.Index("orders").Size(7).MaxDegreeOfParallelism(1).BackOffRetries(20).BackOffTime("500ms"))
                .Wait(TimeSpan.FromMinutes(1), _ => { });
            orders.ForEach(order => Report.Stored(order.Number));
        }
        catch (Exception e)
        {
            Report.Error(e);
        }
    }
}
