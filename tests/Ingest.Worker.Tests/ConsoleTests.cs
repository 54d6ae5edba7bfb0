using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed partial class ConsoleTests : IDisposable
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
    public void The_page_loads_nothing_from_elsewhere_and_sets_no_text_as_markup()
    {
        var page = Encoding.UTF8.GetString(ConsolePage.Read());
        Assert.DoesNotMatch("""(src|href)="(?!data:,")""", page);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("innerHTML", page, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\son[a-z]+=""", page);
    }

    [Fact]
    public void The_script_names_only_what_the_page_has()
    {
        var page = Encoding.UTF8.GetString(ConsolePage.Read());
        var ids = Identity().Matches(page).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        foreach (Match use in Use().Matches(page))
        {
            Assert.Contains(use.Groups[1].Value, ids);
        }
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

        var shown = await BrowseAsync(node);

        Assert.Contains("data-live=\"yes\"", shown, StringComparison.Ordinal);
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
    public async Task A_browser_asks_for_the_token_where_the_node_wants_one()
    {
        using var node = await StartAsync(("Admin:Token", Token));
        var shown = await BrowseAsync(node);
        Assert.Matches("""<dialog id="login"[^>]* open""", shown);
        Assert.DoesNotContain("data-live", shown, StringComparison.Ordinal);
    }

    private async Task<string> BrowseAsync(IngestProcess node)
    {
        var browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "Debian's package chromium is not installed: the page was not looked at with a browser.");
        string[] flags =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", $"--user-data-dir={_directory["profile"]}",
            "--virtual-time-budget=4000", "--dump-dom", node.Setup.Admin.ToString(),
        ];
        using var process = Process.Start(new ProcessStartInfo(browser!, flags)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            var said = process.StandardError.ReadToEndAsync(limit.Token);
            var shown = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, await said);
            return shown;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private async Task<IngestProcess> StartAsync(params (string Key, string Value)[] settings) =>
        await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(settings));

    [GeneratedRegex(@"\sid=""([a-z-]+)""")]
    private static partial Regex Identity();

    [GeneratedRegex(@"\$\(""([a-z-]+)""\)")]
    private static partial Regex Use();
}
