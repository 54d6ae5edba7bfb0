using System.Net;
using System.Net.Http.Json;
using System.Text;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed class ConsoleTests : IDisposable
{
    private const string Token = "0123456789abcdef0123";

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_page_is_on_the_admin_listener_alone_needs_no_token_and_nothing_else_can_run_in_it()
    {
        using var node = await StartAsync(("Admin:Token", Token));

        using var response = await Http.GetAsync(node.Setup.Admin, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(ConsolePage.Read(), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        using var intake = await Http.GetAsync(node.Setup.Intake, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, intake.StatusCode);
        using var post = await Http.PostAsync(node.Setup.Admin, null, TestContext.Current.CancellationToken);
        Assert.NotEqual(HttpStatusCode.OK, post.StatusCode);
    }

    [Fact]
    public void The_page_loads_nothing_from_elsewhere_and_its_policy_lets_no_text_become_markup()
    {
        var page = Encoding.UTF8.GetString(ConsolePage.Read());
        Assert.DoesNotMatch("""(src|href)="(?!data:,")""", page);
        // The names of SVG and MathML, which are no addresses.
        Assert.DoesNotMatch("https?://(?!www.w3.org/)", page);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"<[^>]*\son[a-z]+=""", page);
        // The browser itself refuses every assignment of markup: frameworks have such code, and it must not run.
        Assert.Contains("require-trusted-types-for 'script'", ConsolePage.Policy(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_shows_the_node_as_it_is()
    {
        using var node = await StartAsync();
        using (var response = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, "/v1/streams/orders/events"), Enumerable.Range(0, 4711), TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }
        using var client = new AdminClient(node.Setup);
        await Poll.Until("everything is delivered", async () =>
            (await client.StatusAsync()).GetProperty("lanes")[0].GetProperty("sum").GetProperty("delivered").GetInt64() == 4711);

        await using var browser = await OpenAsync(node);
        await browser.UntilAsync("document.body.dataset.live === 'yes'");
        await browser.UntilAsync("document.getElementById('memory-facts').textContent.includes('Thresholds')");
        var shown = await browser.EvaluateAsync("document.documentElement.outerHTML");

        Assert.Contains("<span id=\"state\" class=\"pill good\">serving</span>", shown, StringComparison.Ordinal);
        Assert.Contains("<b>4,711</b><span>accepted</span>", shown, StringComparison.Ordinal);
        Assert.Contains("<b>4,711</b><span>delivered</span>", shown, StringComparison.Ordinal);
        Assert.Contains("<span class=\"pill good\">adds up</span>", shown, StringComparison.Ordinal);
        Assert.Contains("<td>discard</td>", shown, StringComparison.Ordinal);
        Assert.Contains("<dd>1 to 4,711</dd>", shown, StringComparison.Ordinal);
        Assert.Contains("<dd>60 % / 80 %</dd>", shown, StringComparison.Ordinal);
        Assert.Contains("id=\"silence\" class=\"banner bad\" role=\"alert\" hidden", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_is_drained_and_resumed_from_the_page_and_not_by_one_slip_of_the_hand()
    {
        using var node = await StartAsync(("Drain:BalancerDelay", "0"));
        await using var browser = await OpenAsync(node);
        await browser.UntilAsync("!document.getElementById('drain').disabled");

        await browser.ClickAsync("drain");
        await browser.UntilAsync("document.getElementById('ask').open && document.activeElement.id === 'ask-no'");
        await browser.ClickAsync("ask-no");
        Assert.Equal(HttpStatusCode.OK, await node.ReadinessAsync());
        await browser.ClickAsync("drain");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('state').textContent === 'drained, not ready'");
        await browser.UntilAsync("document.getElementById('reasons').textContent.includes('draining')");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await node.ReadinessAsync());

        await browser.ClickAsync("resume");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('state').textContent === 'serving'");
        Assert.Equal(HttpStatusCode.OK, await node.ReadinessAsync());
    }

    [Fact]
    public async Task The_token_is_asked_for_where_the_node_wants_one_and_kept_for_the_tab()
    {
        using var node = await StartAsync(("Admin:Token", Token));
        await using var browser = await OpenAsync(node);
        await browser.UntilAsync("document.getElementById('login').open");
        Assert.Equal("undefined", await browser.EvaluateAsync("document.body.dataset.live"));

        await EnterAsync("something else");
        await browser.UntilAsync("document.getElementById('login').open && !document.getElementById('login-wrong').hidden");
        await EnterAsync(Token);
        await browser.UntilAsync("document.body.dataset.live === 'yes' && !document.getElementById('login').open");

        await browser.EvaluateAsync("(window.isOld = true, location.reload())");
        await browser.UntilAsync("!window.isOld && document.body.dataset.live === 'yes' && !document.getElementById('login').open");

        Task<string> EnterAsync(string token) => browser.EvaluateAsync(
            $"(document.getElementById('token').value = '{token}', document.getElementById('login-form').requestSubmit())");
    }

    [Fact]
    public async Task What_became_of_an_action_stays_in_sight_until_it_is_closed()
    {
        using var node = await StartAsync(("Drain:BalancerDelay", "0"));
        await using var browser = await OpenAsync(node);
        await browser.UntilAsync("document.body.dataset.live === 'yes'");

        await browser.UntilAsync("!document.getElementById('drain').disabled");
        // Another operator drains it between the question and the answer.
        await browser.ClickAsync("drain");
        await browser.UntilAsync("document.getElementById('ask').open");
        using var admin = new AdminClient(node.Setup);
        Assert.Equal(HttpStatusCode.Accepted, await admin.PostAsync("/drain"));
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('outcome-text').textContent === 'Draining.'");
        await browser.UntilAsync("!document.getElementById('resume').disabled");
        await browser.ClickAsync("resume");
        await browser.UntilAsync("document.getElementById('ask').open");
        Assert.Equal(HttpStatusCode.OK, await admin.PostAsync("/resume"));
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('outcome-text').textContent.startsWith('Not done: ')");
        // The page looks at the node again and again, and finds it well: that takes nothing away.
        await browser.UntilAsync("document.getElementById('state').textContent === 'serving'");
        await browser.UntilAsync("!document.getElementById('drain').disabled");
        Assert.Equal("true", await browser.EvaluateAsync("document.getElementById('outcome').checkVisibility()"));
        Assert.Equal("banner bad", await browser.EvaluateAsync("document.getElementById('outcome').className"));

        await browser.ClickAsync("drain");
        await browser.ClickAsync("ask-yes");
        await browser.UntilAsync("document.getElementById('outcome-text').textContent === 'Draining.'");
        Assert.Equal("true", await browser.EvaluateAsync("document.getElementById('outcome').checkVisibility()"));
        Assert.Equal("banner good", await browser.EvaluateAsync("document.getElementById('outcome').className"));
        await browser.EvaluateAsync("document.getElementById('outcome-close').click()");
        Assert.Equal("false", await browser.EvaluateAsync("document.getElementById('outcome').checkVisibility()"));
    }

    [Fact]
    public async Task A_dead_sink_is_in_the_strip_the_title_and_the_icon_within_seconds_and_old_data_say_how_old_they_are()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", $"http://127.0.0.1:{FreePort.Next()}/")));
        await using var browser = await OpenAsync(node);
        await browser.UntilAsync("document.body.dataset.live === 'yes'");
        Assert.Equal("true", await browser.EvaluateAsync("document.getElementById('attention').hidden"));
        Assert.Equal("good", await browser.EvaluateAsync("document.getElementById('icon').dataset.kind"));
        using (var stored = await Http.PostAsJsonAsync(new Uri(node.Setup.Intake, "/v1/events"), 1, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.Accepted, stored.StatusCode);
        }

        await browser.UntilAsync("document.getElementById('attention').checkVisibility()"
            + " && document.getElementById('attention').textContent.includes('Lane http cannot deliver')");
        Assert.Contains("ingestbreakeropen", await browser.EvaluateAsync("document.getElementById('attention').textContent"),
            StringComparison.Ordinal);
        Assert.StartsWith("! 1 · ", await browser.EvaluateAsync("document.title"), StringComparison.Ordinal);
        Assert.NotEqual("good", await browser.EvaluateAsync("document.getElementById('icon').dataset.kind"));

        await node.KillAsync();
        await browser.UntilAsync("/What is shown is .* old/.test(document.getElementById('silence').textContent)");
        Assert.StartsWith("? ", await browser.EvaluateAsync("document.title"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(320)]
    [InlineData(390)]
    [InlineData(1280)]
    public async Task With_dead_letters_and_hostile_names_the_page_is_as_wide_as_the_screen(int width)
    {
        await using var refusing = await HttpDownstream.StartAsync();
        refusing.Answer = _ => new DownstreamAnswer(422, Body: "no\u202Eesrever " + new string('x', 300));
        using var node = await IngestProcess.StartReadyAsync(
            new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(("Sinks:http:Url", refusing.Url.ToString())));
        using (var stored = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, $"/v1/streams/{new string('s', 100)}/events"), 1, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.Accepted, stored.StatusCode);
        }
        await using var browser = await OpenAsync(node);
        await browser.ResizeAsync(width, 900);
        await browser.UntilAsync("document.getElementById('view') !== null");
        foreach (var view in new[] { "overview", "lanes", "streams", "events", "audit", "fleet", "deadletters" })
        {
            await browser.EvaluateAsync($"document.getElementById('to-{view}').click()");
            await browser.UntilAsync($"document.getElementById('view').dataset.view === '{view}'");
            await IsAsWideAsTheScreenAsync(browser, width);
        }
        await browser.UntilAsync("document.querySelectorAll('#letters tr').length === 1");
        await IsAsWideAsTheScreenAsync(browser, width);
        Assert.Equal("-1", await browser.EvaluateAsync("document.body.innerText.indexOf('\\u202E')"));
    }

    private static async Task IsAsWideAsTheScreenAsync(Browser browser, int width)
    {
        Assert.Equal($"{width}", await browser.EvaluateAsync("window.innerWidth"));
        // Without the vertical scroll bar, which the page may have; both at one moment, as it comes and goes.
        Assert.Equal(
            "0", await browser.EvaluateAsync("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    private Task<Browser> OpenAsync(IngestProcess node) => Browser.OpenOrSkipAsync(_directory["profile"], node.Setup.Admin);

    private async Task<IngestProcess> StartAsync(params (string Key, string Value)[] settings) =>
        await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(settings));
}
