using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed class TailTests : IDisposable
{
    private const string Token = "0123456789abcdef0123";

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_is_committed_shows_from_where_one_asks_filtered_and_limited()
    {
        using var node = await StartAsync();
        await PostAsync(node, "orders", "a\u0007b", "b");
        await PostAsync(node, "clicks", "c");
        await PostAsync(node, "orders", "d", "e");

        var lines = await LinesAsync("--from", "1", "--no-follow");
        Assert.Equal([1, 2, 3, 4, 5], lines.Select(line => line.GetProperty("seq").GetInt64()));
        Assert.Equal(["orders", "orders", "clicks", "orders", "orders"], lines.Select(line => line.GetProperty("stream").GetString()));
        Assert.Equal([2, 4], (await LinesAsync("--from", "2", "--stream", "orders", "--limit", "2"))
            .Select(line => line.GetProperty("seq").GetInt64()));
        Assert.Equal(5, (await LinesAsync("--from", "2026-01-01T00:00:00Z", "--no-follow")).Count);
        await PostKeyedAsync(node, "clicks", "f", "key of ours");
        Assert.Equal([6], (await LinesAsync("--from", "1", "--key", "key of ours", "--no-follow"))
            .Select(line => line.GetProperty("seq").GetInt64()));
        Assert.Empty(await LinesAsync("--from", "1", "--key", "key of ours", "--stream", "orders", "--no-follow"));
        Assert.Empty(await LinesAsync("--from", "2099-01-01T00:00:00Z", "--no-follow"));

        var shown = (await TailAsync("--from", "1", "--no-follow")).Is(ExitCode.Fine, "clicks").Output;
        Assert.Contains("\"a\\u0007b\"", shown, StringComparison.Ordinal);

        Task<CliResult> TailAsync(params string[] words) => Cli.RunAsync(["tail", "--admin", Admin(node), .. words]);

        async Task<List<JsonElement>> LinesAsync(params string[] words) =>
            [.. (await TailAsync(["--json", .. words])).Is(ExitCode.Fine).Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    [Fact]
    public async Task A_tail_follows_until_the_node_is_drained_and_ends_in_order()
    {
        using var node = await StartAsync();
        using var response = await OpenAsync(node);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        for (var i = 1; i <= 3; i++)
        {
            await PostAsync(node, "orders", "x");
            var line = await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.StartsWith($"{{\"seq\":{i},\"stream\":\"orders\"", line, StringComparison.Ordinal);
        }

        await PostAsync(node, "orders", "last");
        Assert.Equal(ExitCode.Fine, await node.StopAsync());

        Assert.Contains("\"last\"", await lines.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        // The end of the chunks, not a broken connection, which would throw.
        Assert.Null(await lines.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_tail_nobody_reads_stands_in_nobodys_way_and_their_number_is_bounded()
    {
        using var node = await StartAsync(("Admin:TailsMax", "2"));
        var padding = new string('x', 100_000);
        using var first = await OpenAsync(node, "?from=1");
        using var second = await OpenAsync(node, "?from=1");
        using (var third = await Http.GetAsync(new Uri(node.Setup.Admin, "/events/tail"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
            var problem = await third.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("too_many_tails", problem, StringComparison.Ordinal);
        }
        // More than every buffer on the way holds, and the client reads none of it.
        for (var i = 0; i < 30; i++)
        {
            await PostAsync(node, "orders", [.. Enumerable.Repeat(padding, 8)]);
        }
        using var client = new AdminClient(node.Setup);
        await Poll.Until("everything is delivered", async () =>
            (await client.StatusAsync()).GetProperty("lanes")[0].GetProperty("sum").GetProperty("delivered").GetInt64() == 240);

        first.Dispose();
        await Poll.Until("there is room for another", async () =>
        {
            using var another = await OpenAsync(node, check: false);
            return another.StatusCode == HttpStatusCode.OK;
        });
        Assert.Equal(ExitCode.Fine, await node.StopAsync());
    }

    [Fact]
    public async Task Payloads_and_debugging_are_for_who_holds_the_token()
    {
        using var node = await StartAsync(("Admin:Token", Token));
        foreach (var path in new[] { "/events/tail?follow=false", "/debug/gc", "/debug/threads", "/debug/settings", "/debug/log" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(node, path, token: null)).Status);
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(node, path, Token)).Status);
        }
        var settings = (await GetAsync(node, "/debug/settings", Token)).Body;
        Assert.Contains("\"key\":\"Admin:Token\",\"value\":\"****\"", settings, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debugging_shows_the_heap_the_threads_and_the_log()
    {
        using var node = await StartAsync();
        await PostAsync(node, "orders", "x", "y");
        var before = JsonSerializer.Deserialize<JsonElement>((await GetAsync(node, "/debug/gc", null)).Body);
        using var collected = await Http.PostAsync(new Uri(node.Setup.Admin, "/debug/gc"), null, TestContext.Current.CancellationToken);
        var after = await collected.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(after.GetProperty("collections")[2].GetInt32() > before.GetProperty("collections")[2].GetInt32());
        var threads = JsonSerializer.Deserialize<JsonElement>((await GetAsync(node, "/debug/threads", null)).Body);
        Assert.InRange(threads.GetProperty("process").GetInt32(), 2, 1000);
        var log = JsonSerializer.Deserialize<JsonElement>((await GetAsync(node, "/debug/log", null)).Body);
        Assert.Equal((2, 1), (log.GetProperty("last").GetInt64(), log.GetProperty("segmentCount").GetInt32()));
        Assert.Contains("discard", log.GetProperty("cursors").EnumerateArray().Select(cursor => cursor.GetProperty("name").GetString()));
    }

    private async Task<IngestProcess> StartAsync(params (string Key, string Value)[] settings) => await IngestProcess.StartReadyAsync(
        new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With([("Drain:BalancerDelay", "0"), .. settings]));

    private static string Admin(IngestProcess node) => node.Setup.Admin.GetLeftPart(UriPartial.Authority);

    private static async Task<HttpResponseMessage> OpenAsync(IngestProcess node, string query = "", bool check = true)
    {
        var address = new Uri(node.Setup.Admin, "/events/tail" + query);
        var response = await Http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return check ? response.EnsureSuccessStatusCode() : response;
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(IngestProcess node, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Setup.Admin, path));
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task PostKeyedAsync(IngestProcess node, string stream, string payload, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Setup.Intake, $"/v1/streams/{stream}/events"))
        {
            Content = JsonContent.Create(payload),
        };
        request.Headers.Add("Ingest-Key", key);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static async Task PostAsync(IngestProcess node, string stream, params string[] events)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, $"/v1/streams/{stream}/events"), events, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
