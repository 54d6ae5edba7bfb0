using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>A real browser without a window, led over its debugging protocol: what a page shows, and what a hand on it does.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private int _calls;

    private Browser(Process process) => _process = process;

    /// <summary>Opens a page; skips the test where no browser is installed.</summary>
    /// <param name="profile">A folder that does not exist yet.</param>
    /// <param name="page">What to open.</param>
    internal static async Task<Browser> OpenOrSkipAsync(string profile, Uri page)
    {
        var program = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "Debian's package chromium is not installed: the page was not looked at with a browser.");
        string[] flags =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", $"--user-data-dir={profile}",
            "--remote-debugging-port=0", "about:blank",
        ];
        var start = new ProcessStartInfo(program!, flags) { RedirectStandardOutput = true, RedirectStandardError = true };
        var browser = new Browser(Process.Start(start)!);
        browser._process.ErrorDataReceived += (_, _) => { };
        browser._process.BeginErrorReadLine();
        try
        {
            await browser.ConnectAsync(profile, page);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>What an expression is on the page, as text.</summary>
    internal async Task<string> EvaluateAsync(string expression)
    {
        var answer = await CommandAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = $"String({expression})", ["returnByValue"] = true });
        Assert.True(answer["result"]?["exceptionDetails"] is null, $"{expression}\n{answer}");
        // Nothing where the page was just about to change for another.
        return answer["result"]?["result"]?["value"]?.GetValue<string>() ?? "";
    }

    /// <summary>Clicks on an element.</summary>
    internal Task ClickAsync(string id) => EvaluateAsync($"document.getElementById('{id}').click()");

    /// <summary>Presses a key, as a hand on the keyboard does.</summary>
    internal async Task PressAsync(string key)
    {
        await CommandAsync("Input.dispatchKeyEvent", Key("keyDown"));
        await CommandAsync("Input.dispatchKeyEvent", Key("keyUp"));

        JsonObject Key(string type) => new()
        {
            ["type"] = type,
            ["key"] = key,
            ["code"] = key,
            ["windowsVirtualKeyCode"] = key == "Tab" ? 9 : 13,
            ["text"] = key == "Enter" && type == "keyDown" ? "\r" : "",
        };
    }

    /// <summary>Makes the page as wide and high as a phone or a wall of screens.</summary>
    internal async Task ResizeAsync(int width, int height)
    {
        await CommandAsync("Emulation.setDeviceMetricsOverride", new JsonObject
        {
            ["width"] = width,
            ["height"] = height,
            ["deviceScaleFactor"] = 1,
            ["mobile"] = false,
        });
        await UntilAsync($"window.innerWidth === {width}");
    }

    /// <summary>Waits until an expression is true on the page; one that cannot be evaluated yet is not.</summary>
    internal Task UntilAsync(string expression)
    {
        var guarded = "(() => { try { return " + expression + "; } catch { return false; } })()";
        return Poll.Until(expression, async () => await EvaluateAsync(guarded) == "true");
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
    }

    private async Task ConnectAsync(string profile, Uri page)
    {
        var port = "";
        await Poll.Until("the browser says where it listens", () =>
        {
            var file = Path.Combine(profile, "DevToolsActivePort");
            port = File.Exists(file) ? File.ReadLines(file).FirstOrDefault("") : "";
            return port.Length > 0;
        });
        var address = new Uri($"http://127.0.0.1:{port}/json/new?{Uri.EscapeDataString(page.ToString())}");
        using var opened = await Http.PutAsync(address, content: null, TestContext.Current.CancellationToken);
        var tab = await opened.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);
        await _socket.ConnectAsync(
            new Uri(tab!["webSocketDebuggerUrl"]!.GetValue<string>()), TestContext.Current.CancellationToken);
    }

    private async Task<JsonNode> CommandAsync(string method, JsonObject parameters)
    {
        var id = ++_calls;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(call),
            WebSocketMessageType.Text,
            endOfMessage: true,
            TestContext.Current.CancellationToken);
        while (true)
        {
            var answer = await ReceiveAsync();
            if (answer["id"]?.GetValue<int>() == id)
            {
                return answer;
            }
        }
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }
}
