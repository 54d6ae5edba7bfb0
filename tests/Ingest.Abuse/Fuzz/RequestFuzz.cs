using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Ingest.Abuse.Cases;
using Ingest.Events;
using Ingest.Testing;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;

namespace Ingest.Abuse.Fuzz;

/// <summary>
/// Sends mutated requests at the real executable and holds what comes of them against three promises: the process lives, every answer
/// is HTTP, and no 202 is without its bytes in the log.
/// </summary>
public sealed class RequestFuzz : IDisposable
{
    private const int Workers = 4;
    private const string HealthRequest = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndAfter = TimeSpan.FromMilliseconds(100);

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentBag<(long First, int Count, byte[] Request)> _accepted = [];
    private readonly ConcurrentBag<string> _broken = [];
    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private readonly int _seed;
    private int _next;

    /// <summary>A run that has not started anything yet.</summary>
    public RequestFuzz(int seed) => _seed = seed;

    /// <summary>Sends so many requests; what is broken afterwards, with the lot that repeats it. Nothing: all promises hold.</summary>
    public async Task<FuzzReport> RunAsync(int requests)
    {
        var setup = new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }
            .With(("Wal:Retention", "1h"), ("Drain:BalancerDelay", "0"), ("Intake:BodyDeadline", "2s"), ("Listen:HeadersTimeout", "2s"))
            .With(DialectCases.Settings(FreePort.Next()));
        using var node = await IngestProcess.StartReadyAsync(setup);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(() => WorkAsync(setup.IntakePort, requests))));
        using (var honest = new HonestProducer(setup.Intake, HttpVersion.Version11))
        {
            await honest.MeasureAsync(10);
            Check(honest.Counts.Accepted == honest.Counts.All && !node.HasExited, $"the node does not serve any more:\n{node.Output}");
        }
        var code = await node.StopAsync();
        Check(code == 0, $"the node ended with {code}:\n{node.Output}");
        Check(!node.Output.Contains("Exception", StringComparison.Ordinal), $"the node's log has an exception:\n{node.Output}");
        CompareWithLog();
        return new FuzzReport(requests, _accepted.Count, new SortedDictionary<string, int>(_outcomes), [.. _broken]);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private async Task WorkAsync(int port, int requests)
    {
        for (int lot; (lot = Interlocked.Increment(ref _next)) <= requests;)
        {
            var request = RequestMutation.Make(new Random(unchecked((_seed * 486_187_739) + lot)));
            try
            {
                await SendAsync(port, request);
            }
            catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or KeyNotFoundException
                or OperationCanceledException)
            {
                Check(false, string.Create(CultureInfo.InvariantCulture, $"lot {lot} of seed {_seed}: {e.Message}\n{Text(request)}"));
            }
        }
    }

    /// <summary>
    /// A request that is right behind the mutated one ends the connection, where the mutation has left it room to be seen as one;
    /// otherwise the end of what is sent does.
    /// </summary>
    private async Task SendAsync(int port, byte[] request)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var wire = await RawConnection.ConnectAsync(port, patience.Token);
        await wire.SendAsync(request, patience.Token);
        await wire.SendAsync(HealthRequest, patience.Token);
        var closed = wire.ReceiveAsync(_ => false, patience.Token);
        await Task.WhenAny(closed, Task.Delay(EndAfter, TimeProvider.System, patience.Token));
        var wasEnded = !closed.IsCompleted;
        if (wasEnded)
        {
            wire.EndSending();
        }
        await closed;
        var answers = WireAnswer.ParseAll(wire.Received, wholeOnly: wasEnded);
        _outcomes.AddOrUpdate(answers.Count == 0 ? Outcomes.Closed : answers[0].Word, 1, (_, count) => count + 1);
        foreach (var answer in answers.Where(answer => answer.Status == 202))
        {
            var (first, count) = answer.Accepted;
            // A body that was cut short goes on with what came behind it.
            _accepted.Add((first, count, [.. request, .. Encoding.Latin1.GetBytes(HealthRequest)]));
        }
    }

    private void CompareWithLog()
    {
        var stored = new Dictionary<long, byte[]>();
        using (var directory = WalDirectory.Open(Path.Combine(_directory["data"], "wal")))
        using (var log = WriteAheadLog.Open(directory, new WalOptions()))
        using (var reader = log.OpenReader(1))
        {
            while (reader.Read() is var status and not WalReadStatus.CaughtUp)
            {
                if (status == WalReadStatus.Record && StoredEvent.TryRead(reader.Sequence, reader.Body.ToArray(), out var read))
                {
                    stored[reader.Sequence] = read.Payload.ToArray();
                }
            }
        }
        // A repeated CloudEvent is known by its source and id and answered as the first was: one of those so answered has the bytes.
        var asked = _accepted.ToLookup(answered => answered.First, answered => answered.Request);
        foreach (var (first, count, request) in _accepted)
        {
            for (var sequence = first; sequence < first + count; sequence++)
            {
                var isThere = stored.TryGetValue(sequence, out var payload);
                Check(isThere, $"event {sequence} was answered 202 and is not in the log:\n{Text(request)}");
                Check(
                    payload is null || asked[first].Any(one => IsRepacked(one) || one.AsSpan().IndexOf(payload) >= 0),
                    $"event {sequence} is in the log with other bytes than were sent:\n{Text(request)}");
            }
        }
    }

    // Chunks and compression: the payload does not lie in the request as it is.
    private static bool IsRepacked(byte[] request)
    {
        var text = Text(request);
        return text.Contains("chunked", StringComparison.OrdinalIgnoreCase)
            || text.Contains("Content-Encoding", StringComparison.OrdinalIgnoreCase);
    }

    private static string Text(byte[] request) => Encoding.Latin1.GetString(request);

    private void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            _broken.Add(otherwise);
        }
    }
}

/// <summary>What came of a run.</summary>
/// <param name="Requests">How many were sent.</param>
/// <param name="Accepted">How many 202s came back.</param>
/// <param name="Outcomes">First answers, by status and code.</param>
/// <param name="Broken">Promises that did not hold.</param>
public sealed record FuzzReport(int Requests, int Accepted, IReadOnlyDictionary<string, int> Outcomes, IReadOnlyList<string> Broken);
