using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A data directory that outlives its processes, clients that post to whichever is up, and the judgement at the end.</summary>
internal sealed class CrashRig : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stopLoad = new();
    private readonly ITestOutputHelper _output;
    private Task _load = Task.CompletedTask;
    private long _injectedAt;
    private TimeSpan _slowestRecovery;

    internal CrashRig(ITestOutputHelper output, LoadShape? shape = null, int paddingMin = 0)
    {
        _output = output;
        Seed = TestSeed.Read(output.WriteLine);
        Random = new Random(Seed);
        Setup = new IngestSetup { Data = _directory["data"] }.With(("Drain:BalancerDelay", "00:00:00"));
        Journal = new EventJournal(new EventSource(Seed, paddingMin));
        Client = new LoadClient(Setup.IntakePort, Journal, shape ?? new LoadShape(), Seed);
    }

    internal int Seed { get; }

    internal Random Random { get; }

    /// <summary>How each process is started.</summary>
    internal IngestSetup Setup { get; set; }

    internal EventJournal Journal { get; }

    internal LoadClient Client { get; }

    /// <summary>Where the file sink writes: its default as long as the setup names no other.</summary>
    internal string Output => Setup.Settings.GetValueOrDefault("Sinks:File:Directory") ?? Path.Combine(Setup.Data, "out");

    /// <summary>A path beside the data directory, gone with it.</summary>
    internal string Beside(string name) => _directory[name];

    /// <summary>Faults so far.</summary>
    internal int Injections { get; private set; }

    /// <summary>A fault comes now, or one that lasted ends: the time to the next 202 is its recovery.</summary>
    internal void Inject()
    {
        Injections++;
        _injectedAt = TimeProvider.System.GetTimestamp();
    }

    internal void StartLoad() => _load = Client.RunAsync(_stopLoad.Token);

    /// <summary>Stops posting; every request has its outcome afterwards.</summary>
    internal async Task StopLoadAsync()
    {
        await _stopLoad.CancelAsync();
        await _load;
    }

    /// <summary>Waits until the load has sent all it is to send.</summary>
    internal async Task LoadEndsAsync(IngestProcess node)
    {
        await Poll.Until("everything is sent", () => _load.IsCompleted || node.HasExited, TimeSpan.FromMinutes(10));
        Assert.False(node.HasExited, node.Output);
    }

    /// <summary>Waits until further requests were answered with 202 by this process.</summary>
    internal async Task AcceptsAsync(IngestProcess node, long requests = 1)
    {
        var goal = Client.Accepted + requests;
        await Poll.Until("a request is accepted", () => Client.Accepted > goal - requests || node.HasExited);
        NoteRecovery();
        await Poll.Until($"{requests} more requests are accepted", () => Client.Accepted >= goal || node.HasExited);
        Assert.False(node.HasExited, node.Output);
    }

    /// <summary>Stops the load, lets the node deliver everything and exit, and judges what was delivered.</summary>
    internal async Task<OracleReport> DrainAndJudgeAsync(IngestProcess node)
    {
        await StopLoadAsync();
        var code = await node.StopAsync(TimeSpan.FromSeconds(60));
        Assert.True(code == 0, $"exit code {code}\n{node.Output}");
        return Judge();
    }

    internal OracleReport Judge()
    {
        var report = Oracle.Judge(Journal, Output, PassedOverNumbers.Read(Path.Combine(Setup.Data, "wal")));
        _output.WriteLine(report.ToString());
        _output.WriteLine(ProofLine.Of(report, Injections, _slowestRecovery).ToString());
        return report;
    }

    private void NoteRecovery()
    {
        if (_injectedAt != 0)
        {
            var took = TimeProvider.System.GetElapsedTime(_injectedAt);
            _slowestRecovery = took > _slowestRecovery ? took : _slowestRecovery;
            _injectedAt = 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopLoadAsync();
        _stopLoad.Dispose();
        _directory.Dispose();
    }
}
