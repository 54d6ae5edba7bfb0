using Ingest.Testing;

namespace Ingest.Abuse.Cases;

/// <summary>Connections that are held by sending next to nothing.</summary>
internal static class SlowCases
{
    private const string Late = "408 body_timeout";
    private static readonly TimeSpan Drip = TimeSpan.FromMilliseconds(200);

    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        new("slow headers: a byte now and then", ["408", Outcomes.Closed], SlowHeadersAsync),
        new("slow body: a byte now and then", [Late], (target, patience) => SlowBodyAsync(target, Drip, patience)),
        new("a byte of body every 5 s", [Late], (target, patience) => SlowBodyAsync(target, TimeSpan.FromSeconds(5), patience)),
        new("headers and then nothing", [Late], (target, patience) => SlowBodyAsync(target, Timeout.InfiniteTimeSpan, patience)),
    ];

    private static async Task<string> SlowHeadersAsync(AbuseTarget target, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        await wire.SendAsync(Requests.Line + "X-Slow: ", patience);
        return await DripAsync(wire, Drip, patience);
    }

    private static async Task<string> SlowBodyAsync(AbuseTarget target, TimeSpan pause, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        await wire.SendAsync(Requests.Line + "Content-Length: 1000000\r\n\r\n\"", patience);
        return await DripAsync(wire, pause, patience);
    }

    /// <summary>Goes on until there is an answer.</summary>
    private static async Task<string> DripAsync(RawConnection wire, TimeSpan pause, CancellationToken patience)
    {
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(patience);
        var outcome = wire.OutcomeAsync(patience);
        while (!outcome.IsCompleted)
        {
            await Task.WhenAny(outcome, Task.Delay(pause, TimeProvider.System, answered.Token));
            await wire.SendAsync("x", patience);
        }
        await answered.CancelAsync();
        return await outcome;
    }
}
