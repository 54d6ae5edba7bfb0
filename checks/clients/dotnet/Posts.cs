using System.Text;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Http;
using CloudNative.CloudEvents.SystemTextJson;
using StandardWebhooks;

namespace Clients;

/// <summary>Libraries that make requests which HttpClient sends, again and again until they are taken.</summary>
internal static class Posts
{
    internal static async Task CloudEventsAsync(Surroundings surroundings)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", surroundings.Key);
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            var made = new CloudEvent
            {
                Id = mark, Source = new Uri("/check", UriKind.Relative), Type = "com.example.order", Time = DateTimeOffset.UtcNow,
                DataContentType = "application/json", Data = new { number, mark },
            };
            var mode = number % 2 == 0 ? ContentMode.Binary : ContentMode.Structured;
            await SendAsync(number, () => client.PostAsync(
                $"{surroundings.Url}/v1/streams/orders/events", made.ToHttpContent(mode, new JsonEventFormatter())));
        }
    }

    internal static async Task StandardWebhooksAsync(Surroundings surroundings)
    {
        using var client = new HttpClient();
        var webhook = new StandardWebhook("whsec_" + Convert.ToBase64String("a secret of 24 bytes yes"u8));
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            var body = $"{{\"id\":\"{mark}\",\"number\":{number}}}";
            var now = DateTimeOffset.UtcNow;
            await SendAsync(number, () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, $"{surroundings.Url}/v1/hooks/hook")
                {
                    Content = new StringContent(body, Encoding.UTF8, "application/json"),
                };
                request.Headers.Add("webhook-id", mark);
                request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString());
                request.Headers.Add("webhook-signature", webhook.Sign(mark, now, body));
                return client.SendAsync(request);
            });
        }
    }

    private static async Task SendAsync(int number, Func<Task<HttpResponseMessage>> send)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await send();
                if (answer.IsSuccessStatusCode)
                {
                    Report.Stored(number);
                    return;
                }
                if (attempt == 160)
                {
                    Report.Error($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                    return;
                }
            }
            catch (HttpRequestException) when (attempt < 160)
            {
            }
            // The pause of a client before it sends again; there is no event to wait for.
            await Task.Delay(250);
        }
    }
}
