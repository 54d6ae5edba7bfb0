using System.Diagnostics.Metrics;
using Ingest.Health;
using Ingest.Health.Policy;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Health.Policy;

public sealed class PolicyFileTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly AdmissionGate _gate = new();
    private readonly Instruments _instruments = new();
    private readonly FakeTime _time = new();
    private readonly List<PolicyFile> _files = [];

    public PolicyFileTests() => _gate.Open(RefusalCode.Starting);

    private string Path => _directory["policy.json"];

    public async ValueTask DisposeAsync()
    {
        foreach (var file in _files)
        {
            await file.DisposeAsync();
        }
        _instruments.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Without_a_file_the_defaults_are_in_force()
    {
        var file = Open();
        Assert.True(file.Current.Document.Enabled);
        Assert.Equal(new PolicyStatus(Path, file.Current.Document, null, 0, null), file.Status);
    }

    [Fact]
    public void A_file_that_is_there_is_in_force_before_the_first_request()
    {
        File.WriteAllText(Path, """{"enabled":false}""");
        var file = Open();
        Assert.Equal(PolicyVerdict.Refuse, file.Current.Check("a", null, 1).Verdict);
        Assert.Equal(RefusalCode.PolicyRefused, _gate.Current?.Code);
        Assert.Equal((1, _time.GetUtcNow()), (file.Status.Changes, file.Status.AppliedAt));
    }

    [Fact]
    public async Task A_replaced_file_is_picked_up_by_the_clock_alone()
    {
        var file = Open(start: true);
        Replace("""{"rateLimit":5}""");
        await Tick(file, () => file.Current.Document.RateLimit == 5);
        Replace("""{"enabled":false}""");
        await Tick(file, () => _gate.Current?.Code == RefusalCode.PolicyRefused);
        Replace("""{}""");
        await Tick(file, () => _gate.Current is null);
    }

    [Fact]
    public async Task A_replaced_file_is_noticed_at_once()
    {
        // The clock stands still: nothing but the notice can bring it in.
        var file = Open(start: true);
        await Poll.Until("the loop waits", () => _time.ArmedTimers > 0);
        Replace("""{"rateLimit":5}""");
        await Poll.Until("noticed", () => file.Current.Document.RateLimit == 5);
    }

    [Fact]
    public void A_link_that_is_swapped_is_followed()
    {
        Directory.CreateDirectory(_directory["one"]);
        Directory.CreateDirectory(_directory["two"]);
        File.WriteAllText(_directory["one/policy.json"], """{"rateLimit":1}""");
        File.WriteAllText(_directory["two/policy.json"], """{"rateLimit":2}""");
        Directory.CreateSymbolicLink(_directory["data"], "one");
        File.CreateSymbolicLink(Path, "data/policy.json");
        var file = Open();
        Assert.Equal(1, file.Current.Document.RateLimit);
        Directory.Delete(_directory["data"]);
        Directory.CreateSymbolicLink(_directory["data"], "two");
        file.Read();
        Assert.Equal(2, file.Current.Document.RateLimit);
    }

    [Fact]
    public async Task A_listener_that_throws_does_not_end_the_watching()
    {
        var file = Open(start: true);
        file.Changed = _ => throw new InvalidOperationException("The listener broke.");
        Replace("""{"rateLimit":5}""");
        await Tick(file, () => file.Current.Document.RateLimit == 5);
        Replace("""{"rateLimit":6}""");
        await Tick(file, () => file.Current.Document.RateLimit == 6);
    }

    [Fact]
    public void A_broken_file_changes_nothing_but_the_status()
    {
        File.WriteAllText(Path, """{"rateLimit":5}""");
        var file = Open();
        var before = file.Current;
        Replace("""{"rateLimit":""");
        file.Read();
        Assert.Same(before, file.Current);
        Assert.NotNull(file.Status.Error);
        Assert.Equal(1, file.Status.Changes);
        Replace("""{"rateLimit":6}""");
        file.Read();
        Assert.Equal(6, file.Current.Document.RateLimit);
        Assert.Null(file.Status.Error);
    }

    [Fact]
    public void A_file_that_is_too_large_or_no_file_at_all_changes_nothing()
    {
        File.WriteAllText(Path, """{"rateLimit":5}""");
        var file = Open();
        File.WriteAllBytes(Path, new byte[PolicyDocument.BytesMax + 1]);
        file.Read();
        Assert.Contains("at most", file.Status.Error, StringComparison.Ordinal);
        File.Delete(Path);
        Directory.CreateDirectory(Path);
        file.Read();
        Assert.NotNull(file.Status.Error);
        Assert.Equal(5, file.Current.Document.RateLimit);
        Directory.Delete(Path);
        File.WriteAllText(Path, """{"rateLimit":5}""");
        file.Read();
        Assert.Null(file.Status.Error);
    }

    [Fact]
    public void A_file_that_is_missing_for_a_moment_still_counts_and_one_that_is_gone_does_not()
    {
        File.WriteAllText(Path, """{"rateLimit":5}""");
        var file = Open();
        File.Delete(Path);
        file.Read();
        Assert.Equal(5, file.Current.Document.RateLimit);
        File.WriteAllText(Path, """{"rateLimit":5}""");
        file.Read();
        File.Delete(Path);
        file.Read();
        Assert.Equal(5, file.Current.Document.RateLimit);
        file.Read();
        Assert.Null(file.Current.Document.RateLimit);
        Assert.Equal(2, file.Status.Changes);
    }

    [Fact]
    public void Setting_it_writes_the_file_and_is_in_force_on_return()
    {
        var file = Open();
        Assert.Null(file.Set("""{"rateLimit":7}"""u8));
        Assert.Equal(7, file.Current.Document.RateLimit);
        Assert.Equal("""{"rateLimit":7}""", File.ReadAllText(Path));
        Assert.Equal([Path], Directory.GetFiles(_directory.Path));
        Assert.Contains("rateLimit", file.Set("""{"rateLimit":-7}"""u8), StringComparison.Ordinal);
        Assert.Equal("""{"rateLimit":7}""", File.ReadAllText(Path));
        Assert.Equal(7, Open().Current.Document.RateLimit);
    }

    [Fact]
    public void Setting_it_through_a_link_writes_the_file_behind_and_leaves_the_link()
    {
        Directory.CreateDirectory(_directory["shared"]);
        var behind = _directory["shared/policy.json"];
        File.WriteAllText(behind, "{}");
        File.CreateSymbolicLink(_directory["between"], behind);
        File.CreateSymbolicLink(Path, "between");
        var file = Open();

        Assert.Null(file.Set("""{"rateLimit":7}"""u8));

        Assert.Equal(7, file.Current.Document.RateLimit);
        Assert.Equal("""{"rateLimit":7}""", File.ReadAllText(behind));
        Assert.Equal("between", new FileInfo(Path).LinkTarget);
        Assert.Equal([_directory["shared/policy.json"]], Directory.GetFiles(_directory["shared"]));
    }

    [Fact]
    public void Setting_it_through_a_link_that_leads_nowhere_yet_makes_the_file_there()
    {
        File.CreateSymbolicLink(Path, _directory["behind.json"]);
        var file = Open();

        Assert.Null(file.Set("""{"rateLimit":7}"""u8));

        Assert.Equal("""{"rateLimit":7}""", File.ReadAllText(_directory["behind.json"]));
        Assert.NotNull(new FileInfo(Path).LinkTarget);
    }

    [Fact]
    public void What_cannot_be_written_is_not_in_force()
    {
        var file = new PolicyFile(_directory["none/policy.json"], _gate, _instruments, _time, NullLogger<PolicyFile>.Instance);
        _files.Add(file);
        Assert.ThrowsAny<IOException>(() => file.Set("""{"rateLimit":7}"""u8));
        Assert.Null(file.Current.Document.RateLimit);
        file.Start();
    }

    [Fact]
    public void Those_who_follow_the_policy_are_told_of_each_change()
    {
        var file = Open();
        var thresholds = new List<double?>();
        file.Changed = document => thresholds.Add(document.CircuitBreakerThreshold);
        file.Set("""{"circuitBreakerThreshold":0.25}"""u8);
        file.Read();
        file.Set("{}"u8);
        Assert.Equal([0.25, null], thresholds);
    }

    // Each policy is wholly on or wholly off, with a limit that tells which one it was: a mixture of two would show.
    [Fact]
    public async Task A_thousand_switches_under_load_show_no_mixture_and_are_quick()
    {
        var durations = new List<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (ReferenceEquals(instrument, _instruments.PolicySyncDuration))
            {
                meters.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => durations.Add(seconds));
        listener.Start();
        var file = new PolicyFile(Path, _gate, _instruments, TimeProvider.System, NullLogger<PolicyFile>.Instance);
        _files.Add(file);
        using var stop = new CancellationTokenSource();
        var checks = new[] { new Checks(), new Checks() };
        var checking = checks.Select(check => Task.Run(() => check.Run(file, stop.Token))).ToArray();
        var rounds = 0;
        // A thousand, or more where the checks have not got their turn on a busy machine.
        for (; rounds < 1000 || (rounds < 100_000 && !checks.All(check => check.SawBoth)); rounds++)
        {
            var round = rounds;
            Replace(round % 2 == 0
                ? """{"enabled":true,"streams":{"a":{"enabled":true},"b":{"enabled":true}}}"""
                : """{"enabled":true,"streams":{"a":{"enabled":false},"b":{"enabled":false}}}""");
            file.Read();
        }
        await stop.CancelAsync();
        await Task.WhenAll(checking);
        Assert.All(checks, check => Assert.True(check is { SawBoth: true, Mixed: 0 }));
        Assert.Equal(rounds, durations.Count);
        var (p50, p99) = (durations.Order().ElementAt(rounds / 2), durations.Order().ElementAt(rounds * 99 / 100));
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} switches: p50 {p50 * 1e6:F0} us, p99 {p99 * 1e6:F0} us");
        // The aim is 5 ms, and a quiet machine needs a quarter of one; beside the other tests a thread may just not get its turn.
        Assert.InRange(p99, 0, 0.05);
    }

    private PolicyFile Open(bool start = false)
    {
        var file = new PolicyFile(Path, _gate, _instruments, _time, NullLogger<PolicyFile>.Instance);
        _files.Add(file);
        if (start)
        {
            file.Start();
        }
        return file;
    }

    private void Replace(string json)
    {
        File.WriteAllText(_directory["beside"], json);
        File.Move(_directory["beside"], Path, overwrite: true);
    }

    private async Task Tick(PolicyFile file, Func<bool> reached) =>
        await Poll.Until($"the policy, now {file.Status}", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return reached();
        });

    private sealed class Checks
    {
        private long _admitted;
        private long _refused;

        public long Mixed { get; private set; }

        public bool SawBoth => Volatile.Read(ref _admitted) > 0 && Volatile.Read(ref _refused) > 0;

        public void Run(PolicyFile file, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                var policy = file.Current;
                var (a, b) = (policy.Check("a", null, 1).Verdict, policy.Check("b", null, 1).Verdict);
                Mixed += a == b ? 0 : 1;
                Volatile.Write(ref _admitted, _admitted + (a == PolicyVerdict.Admit ? 1 : 0));
                Volatile.Write(ref _refused, _refused + (a == PolicyVerdict.Refuse ? 1 : 0));
            }
        }
    }
}
