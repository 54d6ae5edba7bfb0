using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Power;

/// <summary>Replaces the policy of whichever node is up, one number higher each time, and knows which one a node has to have.</summary>
internal sealed class PolicyOperator(IngestSetup setup) : IAsyncDisposable
{
    // Rates that no load comes to.
    private const long First = 100_000_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _admin = new() { BaseAddress = setup.Admin, Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private long _sent = First;
    private long _acknowledged;

    /// <summary>How many were acknowledged.</summary>
    internal int Count { get; private set; }

    internal void Start() => _work = WorkAsync();

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _work;
    }

    /// <summary>The policy in force is the last one that was acknowledged, or a later one whose answer got lost.</summary>
    internal async Task CheckAsync()
    {
        using var document = JsonDocument.Parse(await _admin.GetStringAsync(new Uri("/policy", UriKind.Relative)));
        var limit = document.RootElement.GetProperty("rateLimit");
        // No limit: no policy was stored.
        var has = limit.ValueKind == JsonValueKind.Null ? First : limit.GetInt64();
        Assert.True(
            has >= _acknowledged && has <= _sent, $"policy {has} is in force; {_acknowledged} was acknowledged, {_sent} was sent last");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _admin.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await PutAsync(_sent + 1);
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    private async Task PutAsync(long number)
    {
        _sent = number;
        var policy = string.Create(CultureInfo.InvariantCulture, $$"""{"rateLimit":{{number}}}""");
        using var content = new StringContent(policy, Encoding.UTF8, "application/json");
        try
        {
            using var answer = await _admin.PutAsync(new Uri("/policy", UriKind.Relative), content);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                _acknowledged = number;
                Count++;
            }
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // No node is up, or the power went: the policy may be stored or not.
        }
    }
}
