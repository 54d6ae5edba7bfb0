using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.DeadLetters.Publication;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Publishing;
using Ingest.Tests.Sinks.File;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.DeadLetters;

/// <summary>A real log, a real lane over a sink that refuses what a test says, real dead letters: all can be restarted.</summary>
internal sealed class DeadLettersFixture : IAsyncDisposable
{
    internal const string Lane = "test";
    internal const int SegmentBytes = 64 * 1024;

    private readonly TemporaryDirectory _directory = new();
    private readonly Instruments _instruments = new();
    private readonly SinkTraits? _traits;
    private bool _isRunning;

    internal DeadLettersFixture(SinkTraits? traits = null)
    {
        _traits = traits;
        Sink = NewSink();
    }

    internal TestLog Log { get; private set; } = new();

    internal ScriptedSink Sink { get; private set; }

    internal DeadLetterStore Letters { get; private set; } = null!;

    internal LaneSet Lanes { get; private set; } = null!;

    internal DeadLetterOptions DeadLetterFilterOptions { get; } = new();

    internal PublishingOptions Options { get; } = new()
    {
        BackoffMin = TimeSpan.FromMilliseconds(1),
        BackoffMax = TimeSpan.FromMilliseconds(5),
        CursorInterval = TimeSpan.FromMilliseconds(10),
        BlockedMin = TimeSpan.FromMilliseconds(10),
        BlockedMax = TimeSpan.FromMilliseconds(20),
        StopGrace = TimeSpan.FromSeconds(5),
        BreakerAttemptsMin = 1000,
    };

    /// <summary>Makes the sink that letters are published to; null: they are not.</summary>
    internal Func<Guid, ISink>? PublishTo { get; set; }

    /// <summary>What answers questions; null: memory.</summary>
    internal ProjectionOptions? Projection { get; set; }

    /// <summary>What an operation on a file of the dead-letter log throws now; null: nothing. Any thread.</summary>
    internal Func<string, string, Exception?>? Fails { get; set; }

    /// <summary>Events the sink refuses now, with the reason; null takes it.</summary>
    internal Func<Seen, string?> Refuses { get; set; } = _ => null;

    /// <summary>Everything any life of the sink has taken.</summary>
    internal List<Seen> Delivered { get; } = [];

    /// <summary>Refuses every tenth event.</summary>
    internal static Func<Seen, string?> Tenth(string reason) => seen => seen.Sequence % 10 == 0 ? reason : null;

    internal LaneStatus Status => Lanes.Statuses[0];

    internal string Directory => _directory["dead"];

    internal DeadLettersFixture Start()
    {
        Letters = new DeadLetterStore(
            Directory,
            Log.Log.Id,
            DeadLetterFilterOptions,
            SegmentBytes,
            _instruments,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            PublishTo is null ? null : new DeadLetterPublication(
                "letters", "scripted", letters => PublishTo(letters.Id), Options, Log.Log.EpochOf),
            Projection,
            new FailingPlaces(this));
        var spec = new LaneSpec(Lane, "scripted", () => Sink);
        Lanes = new LaneSet(Log.Log, [spec], Options, Letters, _instruments, TimeProvider.System, NullLoggerFactory.Instance, seed: 7);
        Lanes.Start();
        Letters.Start(Lanes);
        _isRunning = true;
        return this;
    }

    /// <summary>Appends events, starts, and ends when all of them are settled and saved.</summary>
    internal Task StartAndSettleAsync(int events, int keys = 0, int payloadBytes = 0)
    {
        Log.AppendMany(events, keys, payloadBytes: payloadBytes);
        Start();
        return Settled();
    }

    /// <summary>Stops in order and starts again with another log in the place of the one there was.</summary>
    /// <param name="log">That log.</param>
    /// <param name="between">Called while neither is open.</param>
    /// <param name="opened">Called when it is open, before the lanes are.</param>
    internal async Task ReplaceLogAsync(TestLog log, Action? between = null, Action? opened = null)
    {
        await StopAsync();
        Log.Close();
        between?.Invoke();
        Log = log;
        Log.Reopen();
        opened?.Invoke();
        Sink = NewSink();
        Start();
    }

    /// <summary>Stops in order and starts again, with what happened to the files <paramref name="between"/>.</summary>
    internal Task RestartAsync(Action? between = null) => RestartAsync(() =>
    {
        between?.Invoke();
        return Task.CompletedTask;
    });

    /// <summary>Stops in order and starts again, with what happened to the files <paramref name="between"/>.</summary>
    internal async Task RestartAsync(Func<Task> between)
    {
        await StopAsync();
        await between();
        Log.Reopen();
        Sink = NewSink();
        Start();
    }

    /// <summary>
    /// Starts again as after a crash: nothing of what the lane's cursor saved since <paramref name="cursors"/> is there, everything the
    /// logs made durable is.
    /// </summary>
    internal async Task CrashAsync(Dictionary<string, byte[]> cursors)
    {
        await StopAsync();
        Log.Close();
        foreach (var (path, bytes) in cursors)
        {
            await File.WriteAllBytesAsync(path, bytes);
        }
        Log.Reopen();
        Sink = NewSink();
        Start();
    }

    /// <summary>The lane's cursor as it lies on the disk.</summary>
    internal Dictionary<string, byte[]> Cursors() =>
        System.IO.Directory.EnumerateFiles(Log.WalPath, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetRelativePath(Log.WalPath, path).Contains(Lane, StringComparison.Ordinal))
            .ToDictionary(path => path, File.ReadAllBytes);

    /// <summary>Ends when everything is settled and saved.</summary>
    internal Task Settled() => Poll.Until(
        "everything is settled and saved", () => Status.Settled == Log.Log.DurableSequence && Status.Saved == Status.Settled);

    /// <summary>Ends when no letter is on its way any more.</summary>
    internal Task Quiet() => Poll.Until(
        "no letter is on its way", () => Letters.Status is { IsRebuilding: false } status && status.Lanes.All(lane => lane.Requeued == 0));

    internal async Task<IReadOnlyList<DeadLetter>> List(DeadLetterFilter? filter = null) =>
        await Letters.Operations.ListAsync(filter ?? DeadLetterFilter.All, null, 1000, CancellationToken.None);

    internal async Task<IEnumerable<long>> Sequences(DeadLetterFilter? filter = null) =>
        (await List(filter)).Select(letter => letter.Key.Sequence);

    internal Task<DeadLetterChange> Requeue(params long[] sequences) => Letters.Operations.RequeueAsync(Selection(sequences),
        CancellationToken.None);

    internal Task<DeadLetterChange> Drop(params long[] sequences) => Letters.Operations.DropAsync(Selection(sequences),
        CancellationToken.None);

    /// <summary>How far a requeue is.</summary>
    internal Task<RequeueTicket?> Ticket(DeadLetterChange change) => Letters.Operations.TicketAsync(change.Ticket, CancellationToken.None);

    /// <summary>Ends when the accounts are so.</summary>
    internal Task Accounts(long delivered, long dead) => Poll.Until(
        $"{delivered} delivered and {dead} dead",
        () => Status is var status && (status.Delivered, status.DeadLettered) == (delivered, dead));

    public async ValueTask DisposeAsync()
    {
        if (_isRunning)
        {
            await StopAsync();
        }
        Log.Dispose();
        _instruments.Dispose();
        _directory.Dispose();
    }

    // What fails between a stop and the next start is told, and not hidden by a second stop.
    private async Task StopAsync()
    {
        _isRunning = false;
        await Lanes.DisposeAsync();
        await Letters.DisposeAsync();
    }

    private static DeadLetterSelection Selection(long[] sequences) => sequences.Length == 0
        ? DeadLetterSelection.Of(DeadLetterFilter.All)
        : DeadLetterSelection.Of([.. sequences.Select(sequence => new DeadLetterKey(sequence, Lane))]);

    private ScriptedSink NewSink() => new(_traits)
    {
        OnSend = (events, _) =>
        {
            var verdicts = new SinkVerdict[events.Length];
            for (var i = 0; i < events.Length; i++)
            {
                verdicts[i] = Refuses(events[i]) is { } reason ? new SinkVerdict(VerdictKind.Rejected, reason) : SinkVerdict.Delivered;
            }
            lock (Delivered)
            {
                Delivered.AddRange(events.Where((_, i) => verdicts[i].Kind == VerdictKind.Delivered));
            }
            return Task.FromResult(new SinkResult(SinkVerdict.Delivered, verdicts));
        },
    };

    private sealed class FailingPlaces(DeadLettersFixture fixture) : FileSystemPlaces
    {
        public override IWalDirectory Open(string directory) => new FailingDirectory(base.Open(directory))
        {
            Fail = (operation, name) => fixture.Fails?.Invoke(operation, name),
        };
    }
}
