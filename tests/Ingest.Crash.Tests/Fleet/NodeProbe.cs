using System.Buffers;
using System.Net.Sockets;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Fleet;

/// <summary>
/// Asks one node past the balancer, again and again until it is gone: is it ready, and does it take an event? What it saw, each state once,
/// in the order it saw them.
/// </summary>
internal sealed class NodeProbe(IngestSetup setup, OpenLoopJournal journal)
{
    internal const string Serving = "ready, accepts";
    internal const string Delay = "not ready, accepts and closes";
    internal const string Refusing = "not ready, refuses as draining";
    internal const string Gone = "gone";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _states = [];

    /// <summary>Events this node itself has answered with 202.</summary>
    internal List<long> Accepted { get; } = [];

    /// <summary>What it saw.</summary>
    internal IReadOnlyList<string> States => _states;

    /// <summary>Asks until no answer comes.</summary>
    internal async Task RunAsync()
    {
        while (true)
        {
            var state = await LookAsync();
            if (_states.Count == 0 || _states[^1] != state)
            {
                _states.Add(state);
            }
            if (state == Gone)
            {
                return;
            }
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<string> LookAsync()
    {
        // The event first: between the two questions the node may go on to its next step, and then looks more ready than it is.
        var (post, ready) = (await PostAsync(), await ReadyAsync());
        return (ready, post) switch
        {
            (200, { Status: 202, Close: false }) => Serving,
            // Asked just before, and just after, the step.
            (503, { Status: 202, Close: false }) => Serving,
            (503, { Status: 202, Close: true }) => Delay,
            (503, { Status: 503 } refused) when refused.Text.Contains("\"draining\"", StringComparison.Ordinal) => Refusing,
            (0, _) => Gone,
            var other => $"{other.ready}, {other.post.Status} {other.post.Text}",
        };
    }

    private async Task<int> ReadyAsync() =>
        (await AskAsync("GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray())).Status;

    private async Task<RawAnswer> PostAsync()
    {
        var request = journal.Begin(TimeProvider.System.GetTimestamp(), fresh: true, direct: true);
        var body = new ArrayBufferWriter<byte>();
        journal.Source.WriteJson(request.Id, body);
        var answer = await AskAsync(
            [.. RawConnection.PostHead("/v1/events", "application/json", body.WrittenCount), .. body.WrittenSpan]);
        (request.Status, request.EndedAt) = (answer.Status, TimeProvider.System.GetTimestamp());
        if (request.Accepted)
        {
            Accepted.Add(request.Id);
        }
        return answer;
    }

    private async Task<RawAnswer> AskAsync(byte[] request)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            using var connection = await RawConnection.ConnectAsync(setup.IntakePort, patience.Token);
            return await connection.ExchangeAsync(request, patience.Token);
        }
        catch (SocketException)
        {
            return RawAnswer.None;
        }
    }
}
