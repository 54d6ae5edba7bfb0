using System.Globalization;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>Two real processes with one log, again and again: one of them delivers, the other says why it does not.</summary>
internal sealed class ZombieSeries : IAsyncDisposable
{
    private const int Events = 20;
    private const int Stop = 19;
    private const int Continue = 18;
    private const int PassesMax = 6;

    private static readonly TransactionStep[] FreezingAt =
    [
        TransactionStep.Begin, TransactionStep.Produce, TransactionStep.Produced, TransactionStep.AddOffsets, TransactionStep.SendOffsets,
        TransactionStep.OffsetsSent, TransactionStep.Commit, TransactionStep.Committed,
    ];

    private readonly KafkaNode _rig;
    private readonly Random _random;
    private readonly List<string> _owners = [];
    private readonly List<string> _doubtful = [];
    private readonly List<(ZombieKind Kind, string Text)> _fenced = [];
    private Peer _owner;
    private int _peers;

    private ZombieSeries(KafkaNode rig, int seed)
    {
        (_rig, _random) = (rig, new Random(seed));
        _owner = NewPeer();
    }

    private TransactionCoordinator Transactions => _rig.Cluster.Rules.Transactions;

    /// <summary>Makes zombies of these kinds, one after the other, and says what became of each kind.</summary>
    internal static async Task<List<ZombieRow>> RunAsync(IReadOnlyList<ZombieKind> kinds, int seed)
    {
        await using var series = new ZombieSeries(await KafkaNode.PrepareTransactionsAsync(seed), seed);
        await series._owner.Process.ReadyAsync(Peer.Patience);
        foreach (var kind in kinds)
        {
            series._owners.AddRange(await series._owner.SendAsync(Events));
            await series.MakeAsync(kind);
        }
        await EmptyAsync(series._owner);
        return await series.JudgeAsync(kinds);
    }

    public async ValueTask DisposeAsync()
    {
        _owner.Dispose();
        await _rig.DisposeAsync();
    }

    private Task MakeAsync(ZombieKind kind) =>
        kind == ZombieKind.Frozen ? FreezeAsync() : kind == ZombieKind.Returning ? ReturnAsync() : CopyAsync();

    private async Task FreezeAsync()
    {
        var old = _owner;
        using var frozen = new CancellationTokenSource();
        var passes = _random.Next(PassesMax + 1);
        var step = FreezingAt[_random.Next(FreezingAt.Length)];
        Transactions.OnStep = async at =>
        {
            if (at == step && Interlocked.Decrement(ref passes) == -1)
            {
                old.Process.Send(Stop);
                await frozen.CancelAsync();
            }
        };
        await old.SendUntilAsync(_owners, _doubtful, frozen.Token);
        Transactions.OnStep = null;
        _owner = NewPeer(old.Data);
        await _owner.Process.ReadyAsync(Peer.Patience);
        _owners.AddRange(await _owner.SendAsync(Events));
        await EmptyAsync(_owner);
        old.Process.Send(Continue);
        await FenceAsync(old, ZombieKind.Frozen);
    }

    private async Task ReturnAsync()
    {
        var old = _owner;
        await old.Process.KillAsync();
        _owner = NewPeer(old.Data);
        await _owner.Process.ReadyAsync(Peer.Patience);
        _owners.AddRange(await _owner.SendAsync(Events));
        await EmptyAsync(_owner);
        old.Relaunch();
        await FenceAsync(old, ZombieKind.Returning);
    }

    private async Task CopyAsync()
    {
        _owner.Process.Send(Stop);
        var data = Copy(_owner.Data);
        _owner.Process.Send(Continue);
        _owners.AddRange(await _owner.SendAsync(Events));
        await EmptyAsync(_owner);
        await FenceAsync(NewPeer(data, isCopy: true), ZombieKind.Copied);
    }

    // The other one goes on undisturbed.
    private async Task FenceAsync(Peer zombie, ZombieKind kind)
    {
        using (zombie)
        {
            await zombie.Process.ReadyAsync(Peer.Patience);
            _fenced.AddRange((await zombie.SendAsync(Events)).Select(text => (kind, text)));
            await zombie.UntilAsync(
                "is blocked", lane => lane.State == "blocked" && lane.Reason.Contains(kind.Says, StringComparison.Ordinal));
            _owners.AddRange(await _owner.SendAsync(Events));
            await EmptyAsync(_owner);
            Assert.Equal("blocked", (await zombie.TryReadLaneAsync())?.State);
        }
    }

    private async Task<List<ZombieRow>> JudgeAsync(IReadOnlyList<ZombieKind> kinds)
    {
        var seen = (await _rig.Cluster.ReadCommittedAsync(KafkaNode.Topic)).Select(record => record.Text).ToList();
        var counts = seen.CountBy(text => text).ToDictionary(StringComparer.Ordinal);
        var lost = _owners.Count(text => !counts.ContainsKey(text));
        var twice = counts.Values.Sum(count => count - 1);
        var strange = seen.Except(_owners).Except(_doubtful).Count();
        return [.. kinds.Distinct().Select((kind, index) => new ZombieRow(
            kind,
            kinds.Count(one => one == kind),
            _fenced.Count(one => one.Kind == kind),
            _fenced.Count(one => one.Kind == kind && counts.ContainsKey(one.Text)),
            index == 0 ? _owners.Count : 0,
            index == 0 ? lost : 0,
            index == 0 ? twice : 0,
            index == 0 ? strange : 0))];
    }

    private static Task EmptyAsync(Peer peer) => peer.UntilAsync(
        "is empty", lane => lane is { State: "running" or "idle", PendingEvents: 0 });

    private Peer NewPeer(string? of = null, bool isCopy = false)
    {
        var data = of is null ? _rig[$"peer-{_peers}"] : isCopy ? of : Copy(of);
        var setup = _rig.Setup with { Data = data, IntakePort = FreePort.Next(), AdminPort = FreePort.Next() };
        return new Peer(setup, string.Create(CultureInfo.InvariantCulture, $"peer {_peers++}"));
    }

    // With cp, for the directory is in use: .NET's own copy asks for the lock that the node has.
    private string Copy(string data)
    {
        var copy = _rig[string.Create(CultureInfo.InvariantCulture, $"copy-{_peers}")];
        using var process = System.Diagnostics.Process.Start("cp", ["-r", data, copy]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return copy;
    }
}

/// <summary>What became of zombies of a kind; the owners' counts stand in the first row of a series.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Zombies">How many, each blocked with the reason.</param>
/// <param name="Accepted">Events they accepted after they were fenced or instead of the owner.</param>
/// <param name="Visible">Of these, seen by readers.</param>
/// <param name="Owners">Events that owners acknowledged.</param>
/// <param name="Lost">Of these, not seen.</param>
/// <param name="Twice">Events seen beyond the first time.</param>
/// <param name="Strange">Events seen that were not acknowledged.</param>
internal sealed record ZombieRow(
    ZombieKind Kind, int Zombies, int Accepted, int Visible, int Owners, int Lost, int Twice, int Strange)
{
    internal static string[] Head { get; } =
    [
        "| The second process is | zombies | fenced | events they accepted | of these visible |",
        "|---|---|---|---|---|",
    ];

    /// <summary>Broken promises.</summary>
    internal int Broken => Visible + Lost + Twice + Strange;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"| {Kind.Name} | {Zombies} | {Zombies} | {Accepted} | {Visible} |");
}
