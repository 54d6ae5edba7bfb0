using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Isolation;

/// <summary>
/// One row of the table, on the real executable: three good names and a bad one send steadily, the bad one is refused; the node is killed
/// and started again meanwhile; then the receiver is mended.
/// </summary>
internal sealed class IsolationRun : IAsyncDisposable
{
    private const int RoundsBefore = 40;
    private const int RoundsAfter = 20;
    private const int PoisonNumber = 5;

    // What was accepted so shortly before the kill may have to wait for the start.
    private static readonly TimeSpan BeforeKill = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Mended = TimeSpan.FromSeconds(45);
    private static readonly string[] Good = ["g1", "g2", "g3"];

    /// <summary>Attempts that last no longer than half a second, and lanes that look again soon.</summary>
    private static readonly (string Key, string Value)[] Impatient =
    [
        ("Publishing:AttemptTimeout", "00:00:00.500"),
        ("Publishing:ProbeTimeout", "00:00:00.500"),
        ("Publishing:ParkedBackoffMax", "00:00:01"),
        ("Drain:BalancerDelay", "00:00:00"),
        ("Logging:LogLevel:Ingest", Environment.GetEnvironmentVariable("INGEST_TEST_LOG") ?? "Information"),
    ];

    private readonly Refusal _refusal;
    private readonly TemporaryDirectory _directory;
    private readonly IReceiver _receiver;
    private readonly IngestSetup _setup;
    private readonly HttpClient _intake = new();
    private readonly AdminClient _admin;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<long>> _accepted = [];
    private readonly Dictionary<string, List<double>> _waits = [];
    private IngestProcess _process = null!;
    private long _killedAt = long.MaxValue;
    private long _startedAt = long.MaxValue;
    private int _looks;
    private int _unbalanced;

    private IsolationRun(Refusal refusal, TemporaryDirectory directory, IReceiver receiver)
    {
        (_refusal, _directory, _receiver) = (refusal, directory, receiver);
        _setup = new IngestSetup { Data = directory["data"], Sinks = [refusal.Sink] }.With([.. Impatient, .. receiver.Settings]);
        _admin = new AdminClient(_setup);
    }

    /// <summary>The streams events are posted to.</summary>
    internal static IReadOnlyList<string> Streams(Refusal refusal) =>
        refusal.What == Bad.Stream ? [.. Good, IsolationEvent.BadName] : ["all"];

    internal static async Task<IsolationRow> RunAsync(Refusal refusal, double inTimeSeconds)
    {
        var directory = new TemporaryDirectory();
        IReceiver receiver = refusal.Sink switch
        {
            "http" => await HttpReceiver.StartAsync(refusal),
            "kafka" => await KafkaReceiver.StartAsync(refusal),
            _ => new FileReceiver(directory["out"]),
        };
        await using var run = new IsolationRun(refusal, directory, receiver);
        return await run.RunAsync(inTimeSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _intake.Dispose();
        _admin.Dispose();
        await _receiver.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<IsolationRow> RunAsync(double inTimeSeconds)
    {
        _process = await IngestProcess.StartReadyAsync(_setup, TimeSpan.FromSeconds(60));
        using var stop = new CancellationTokenSource();
        var watching = WatchAsync(stop.Token);
        await PostAsync(0, RoundsBefore);
        var shown = await WaitUntilSetAsideAsync();
        Volatile.Write(ref _killedAt, TimeProvider.System.GetTimestamp());
        await _process.KillAsync();
        var before = _process.Output;
        _process.Dispose();
        _process = await IngestProcess.StartReadyAsync(_setup, TimeSpan.FromSeconds(60));
        Volatile.Write(ref _startedAt, TimeProvider.System.GetTimestamp());
        await PostAsync(RoundsBefore, RoundsAfter);
        var broken = await BrokenAsync(shown);
        await stop.CancelAsync();
        await watching;
        var row = Row(shown, broken, inTimeSeconds);
        await KeepOutputAsync($"{before}\n--- killed\n{_process.Output}\n");
        return row;
    }

    // What the node said, where the table is.
    private async Task KeepOutputAsync(string output)
    {
        var directory = Directory.CreateDirectory(Path.Combine(SourceTree.Root, "artifacts", "isolation"));
        var name = string.Concat($"{_refusal.Sink} {_refusal.What} {_refusal.How}".Where(letter => letter is not (',' or ':')));
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, $"{name}.log"), output);
    }

    private async Task<List<string>> BrokenAsync(string? shown)
    {
        var broken = new List<string>();
        if (shown is null)
        {
            broken.Add("nothing was shown as parked or dead-lettered");
        }
        if (!await HoldsAsync("the others are delivered", () => Good.All(IsWhole)))
        {
            broken.Add("not all others were delivered before the receiver was mended");
        }
        _receiver.Mend();
        if (!await HoldsAsync("everything is delivered", async () => (await ReadLaneAsync()) is { PendingEvents: 0 }))
        {
            broken.Add($"not all was delivered after the receiver was mended: {await ReadLaneAsync()}\n{_process.Output}");
        }
        if (!await HoldsAsync("everything has arrived", () => _refusal.IsFinal || IsWhole(IsolationEvent.BadName)))
        {
            broken.Add("events of the bad name are missing");
        }
        return broken;
    }

    private static async Task<bool> HoldsAsync(string what, Func<bool> condition) =>
        await HoldsAsync(what, () => Task.FromResult(condition()));

    private static async Task<bool> HoldsAsync(string what, Func<Task<bool>> condition)
    {
        try
        {
            await Poll.Until(what, condition, Mended);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private IsolationRow Row(string? shown, List<string> broken, double inTimeSeconds)
    {
        var all = _receiver.All();
        var misordered = all.GroupBy(one => one.Name).Count(name =>
        {
            var first = name.Select(one => one.Number).Distinct().ToList();
            return !first.SequenceEqual(first.Order());
        });
        var slowest = Good.SelectMany(name => _waits.GetValueOrDefault(name) ?? []).DefaultIfEmpty().Max();
        if (misordered > 0)
        {
            broken.Add($"{misordered} names are out of order");
        }
        if (slowest > inTimeSeconds)
        {
            broken.Add(string.Create(CultureInfo.InvariantCulture, $"an event of the others waited for {slowest:F1} s"));
        }
        if (_unbalanced > 0 || _looks == 0)
        {
            broken.Add($"the sum did not add up in {_unbalanced} of {_looks} looks");
        }
        return new IsolationRow(_refusal, slowest, shown ?? "", all.Count - all.Distinct().Count(), _looks, broken);
    }

    private bool IsWhole(string name)
    {
        var accepted = _accepted.GetValueOrDefault(name)?.Count ?? 0;
        return _receiver.All().Where(one => one.Name == name).Select(one => one.Number).Distinct().Count() == accepted;
    }

    private async Task PostAsync(int first, int rounds)
    {
        for (var number = first; number < first + rounds; number++)
        {
            var begun = TimeProvider.System.GetTimestamp();
            foreach (var name in (string[])[.. Good, IsolationEvent.BadName])
            {
                await PostAsync(new IsolationEvent(name, number, number == PoisonNumber && name == IsolationEvent.BadName));
            }
            var left = Round - TimeProvider.System.GetElapsedTime(begun);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
        }
    }

    private async Task PostAsync(IsolationEvent one)
    {
        var stream = _refusal.What == Bad.Stream ? one.Name : "all";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_setup.Intake, $"/v1/streams/{stream}/events"));
        request.Headers.Add("Ingest-Key", one.Name);
        request.Content = new StringContent(one.Json, Encoding.UTF8, "application/json");
        using var answer = await _intake.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        lock (_lock)
        {
            if (!_accepted.TryGetValue(one.Name, out var times))
            {
                _accepted.Add(one.Name, times = []);
            }
            times.Add(TimeProvider.System.GetTimestamp());
        }
    }

    // Looks at the receiver and the node until told to stop; the node is away while it is being started again.
    private async Task WatchAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            NoteArrivals();
            if (await _admin.TryStatusAsync() is { } status)
            {
                _looks++;
                var lane = status.GetProperty("lanes")[0].Deserialize<LaneReading>(JsonSerializerOptions.Web)!;
                _unbalanced += lane.Sum.AddsUp ? 0 : 1;
            }
            await Task.Delay(Round / 3, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        NoteArrivals();
    }

    private void NoteArrivals()
    {
        var arrived = _receiver.All().Distinct().GroupBy(one => one.Name).ToDictionary(name => name.Key, name => name.Count());
        lock (_lock)
        {
            foreach (var name in Good)
            {
                if (!_waits.TryGetValue(name, out var waits))
                {
                    _waits.Add(name, waits = []);
                }
                var accepted = _accepted.GetValueOrDefault(name) ?? [];
                while (waits.Count < Math.Min(arrived.GetValueOrDefault(name), accepted.Count))
                {
                    waits.Add(WaitOf(accepted[waits.Count]));
                }
            }
        }
    }

    private double WaitOf(long acceptedAt)
    {
        var (killed, started) = (Volatile.Read(ref _killedAt), Volatile.Read(ref _startedAt));
        var isCaught = acceptedAt <= killed && TimeProvider.System.GetElapsedTime(acceptedAt, killed) < BeforeKill;
        return TimeProvider.System.GetElapsedTime(isCaught && started != long.MaxValue ? started : acceptedAt).TotalSeconds;
    }

    // What an operator is shown of it: how many, since when, why. Null: nothing within the time.
    private async Task<string?> WaitUntilSetAsideAsync()
    {
        if (_refusal.IsSlow)
        {
            return "none: it is taken late";
        }
        string? shown = null;
        await HoldsAsync("something is set aside", async () => (shown = await ShownAsync()) is not null);
        return shown;
    }

    private async Task<string?> ShownAsync()
    {
        var status = await _admin.StatusAsync();
        var lane = status.GetProperty("lanes")[0];
        if (lane.GetProperty("sum").GetProperty("deadLettered").GetInt64() is > 0 and var dead)
        {
            return $"{dead} dead letters";
        }
        foreach (var parked in lane.GetProperty("parked").EnumerateArray())
        {
            if (parked.GetProperty("reason").GetString() is { Length: > 0 } reason
                && parked.GetProperty("since").GetDateTime() > DateTime.UnixEpoch)
            {
                return $"{parked.GetProperty("events").GetInt32()} parked: {reason}";
            }
        }
        return null;
    }

    private async Task<LaneReading> ReadLaneAsync()
    {
        var status = await _admin.StatusAsync();
        return status.GetProperty("lanes")[0].Deserialize<LaneReading>(JsonSerializerOptions.Web)!;
    }
}
