using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Operators;

/// <summary>What operators do on the page beyond its first view.</summary>
public sealed class ConsoleViewTests : IDisposable
{
    // 10,000 take a node at one request each two minutes on a busy machine: INGEST_TEST_CONSOLE_LETTERS=10000 for these.
    private static readonly int Letters =
        int.TryParse(Environment.GetEnvironmentVariable("INGEST_TEST_CONSOLE_LETTERS"), out var asked) ? asked : 1_500;

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_fleet_of_three_is_side_by_side_and_one_that_dies_is_seen()
    {
        using var second = await IngestProcess.StartReadyAsync(Discarding("second"));
        using var third = await IngestProcess.StartReadyAsync(Discarding("third"));
        var first = Discarding("first");
        // Itself among them, as a headless service has it: it is shown once.
        using var node = await IngestProcess.StartReadyAsync(first.With(
            ("Fleet:Peers:0", first.Admin.GetLeftPart(UriPartial.Authority)),
            ("Fleet:Peers:1", second.Setup.Admin.GetLeftPart(UriPartial.Authority)),
            ("Fleet:Peers:2", $"http://localhost:{third.Setup.Admin.Port}")));
        await using var browser = await OpenAsync(node, "fleet");

        await browser.UntilAsync("document.getElementById('h-fleet').textContent === 'Nodes: 3 of 3 ready'");
        var shown = await browser.EvaluateAsync("document.getElementById('fleet').innerText");
        Assert.Matches("(?s)first \\(this one\\).*second.*third", shown);
        Assert.Equal("2", await browser.EvaluateAsync("document.querySelectorAll('#fleet a').length"));

        await third.KillAsync();
        await browser.UntilAsync("document.getElementById('h-fleet').textContent === 'Nodes: 2 of 3 ready'");
        await browser.UntilAsync("document.getElementById('fleet').innerText.includes('no answer')");
    }

    [Fact]
    public async Task A_large_group_of_dead_letters_is_requeued_with_its_progress_in_sight()
    {
        await using var receiver = await HttpDownstream.StartAsync();
        receiver.Answer = _ => new DownstreamAnswer(422);
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", receiver.Url.ToString()), ("Sinks:http:BatchEventsMax", "1")));
        await StoreAsync(node, "orders", Letters);
        using var admin = new AdminClient(node.Setup);
        await Poll.Until(
            "all are dead letters",
            async () => (await admin.StatusAsync()).GetProperty("deadLetters").GetProperty("count").GetInt64() == Letters,
            TimeSpan.FromMinutes(3));
        await using var browser = await OpenAsync(node, "deadletters");
        await browser.UntilAsync("document.querySelectorAll('#groups tr').length === 1");
        var all = Letters.ToString("N0", CultureInfo.InvariantCulture);
        Assert.Contains(all, await browser.EvaluateAsync("document.getElementById('groups').innerText"), StringComparison.Ordinal);

        receiver.Answer = _ => new DownstreamAnswer(200);
        await browser.EvaluateAsync("document.querySelectorAll('#groups button')[1].click()");
        await browser.UntilAsync($"document.getElementById('ask-title').textContent === 'Deliver {all} again?'");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync($"/Requeue \\d+: [\\d,]+ of {all}/.test(document.getElementById('requeued').innerText)");
        await Poll.Until(
            "all are settled",
            async () => (await browser.EvaluateAsync("document.getElementById('requeued').innerText"))
                .Contains($"{all} of {all}", StringComparison.Ordinal),
            TimeSpan.FromMinutes(3));
        Assert.Contains($"{all} delivered", await browser.EvaluateAsync("document.getElementById('requeued').innerText"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_letter_is_looked_into_and_a_drop_can_be_taken_back_before_it_is_done()
    {
        await using var receiver = await HttpDownstream.StartAsync();
        receiver.Answer = _ => new DownstreamAnswer(422);
        using var node = await IngestProcess.StartReadyAsync(
            new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(("Sinks:http:Url", receiver.Url.ToString())));
        await StoreAsync(node, "orders", 1);
        await using var browser = await OpenAsync(node, "deadletters");
        await browser.UntilAsync("document.querySelectorAll('#letters tr').length === 1");

        await ButtonAsync(browser, "letters", "Look");
        await browser.UntilAsync("document.querySelector('.payload').textContent.includes('\"number\": 0')");
        await ButtonAsync(browser, "letters", "Drop…");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('outcome-text').textContent.includes('dropped in 8 s')");
        await browser.ClickAsync("outcome-undo");
        await browser.UntilAsync("document.getElementById('outcome-text').textContent === 'Nothing was dropped.'");

        await ButtonAsync(browser, "letters", "Drop…");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('outcome-text').textContent.startsWith('Dropped: ')");
        await browser.UntilAsync("document.querySelectorAll('#groups tr').length === 0");
        await browser.ClickAsync("to-audit");
        await browser.UntilAsync("/deadletters.drop.*console/s.test(document.getElementById('audit').innerText)");
    }

    [Fact]
    public async Task A_stream_is_switched_off_and_on_and_its_events_are_followed()
    {
        using var node = await IngestProcess.StartReadyAsync(Discarding("node"));
        await StoreAsync(node, "orders", 3);
        await using var browser = await OpenAsync(node, "streams");
        await browser.UntilAsync("document.querySelector('#streams [role=switch]:enabled').textContent === 'on'");

        await browser.EvaluateAsync("document.querySelector('#streams [role=switch]').click()");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.querySelector('#streams [role=switch]:enabled').textContent === 'off'");
        using (var refused = await PostAsync(node, "orders", 1))
        {
            Assert.False(refused.IsSuccessStatusCode);
        }
        await browser.EvaluateAsync("document.querySelector('#streams [role=switch]').click()");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.querySelector('#streams [role=switch]:enabled').textContent === 'on'");

        await browser.ClickAsync("to-events");
        await browser.UntilAsync("document.getElementById('tail') !== null");
        await browser.ClickAsync("tail");
        await browser.UntilAsync("document.getElementById('tail').textContent === 'Stop'");
        await Poll.Until("an event is seen", async () =>
        {
            await StoreAsync(node, "orders", 1);
            return await browser.EvaluateAsync("document.getElementById('tail-events').innerText.includes('\"number\":0')") == "true";
        });
    }

    [Fact]
    public async Task A_node_is_drained_by_the_keyboard_alone()
    {
        using var node = await IngestProcess.StartReadyAsync(Discarding("node").With(("Drain:BalancerDelay", "0")));
        await using var browser = await OpenAsync(node, "overview");
        await browser.UntilAsync("!document.getElementById('drain').disabled");

        await TabToAsync("drain");
        await browser.PressAsync("Enter");
        await browser.UntilAsync("document.activeElement.id === 'ask-no'");
        await TabToAsync("ask-yes");
        await browser.PressAsync("Enter");
        await browser.UntilAsync("document.getElementById('state').textContent === 'drained, not ready'");
        await TabToAsync("to-lanes");
        await browser.PressAsync("Enter");
        await browser.UntilAsync("document.getElementById('view').dataset.view === 'lanes'");

        async Task TabToAsync(string id)
        {
            for (var press = 0; await browser.EvaluateAsync("document.activeElement.id") != id; press++)
            {
                Assert.True(press < 60, $"No tab leads to {id}.");
                await browser.PressAsync("Tab");
            }
        }
    }

    private IngestSetup Discarding(string name) =>
        new IngestSetup { Data = _directory[name], Sinks = ["discard"] }.With(("Name", name));

    private async Task<Browser> OpenAsync(IngestProcess node, string view)
    {
        var browser = await Browser.OpenOrSkipAsync(_directory["profile"], new Uri(node.Setup.Admin, "/#" + view));
        await browser.UntilAsync($"document.body.dataset.live === 'yes' && document.getElementById('view').dataset.view === '{view}'");
        return browser;
    }

    private static async Task ButtonAsync(Browser browser, string table, string text) => await browser.EvaluateAsync(
        $"[...document.querySelectorAll('#{table} button')].find(button => button.textContent === '{text}').click()");

    private static async Task StoreAsync(IngestProcess node, string stream, int events)
    {
        for (var first = 0; first < events; first += 1000)
        {
            using var stored = await PostAsync(node, stream, Math.Min(1000, events - first));
            Assert.Equal(HttpStatusCode.Accepted, stored.StatusCode);
        }
    }

    private static Task<HttpResponseMessage> PostAsync(IngestProcess node, string stream, int events) => Http.PostAsJsonAsync(
        new Uri(node.Setup.Intake, $"/v1/streams/{stream}/events"),
        Enumerable.Range(0, events).Select(number => new { number }),
        TestContext.Current.CancellationToken);
}
