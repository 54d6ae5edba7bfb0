using System.Runtime.InteropServices;
using Ingest.Health;
using Ingest.Health.Advice;
using Ingest.Health.Memory;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Health.Memory;

/// <summary>
/// Health in a real control group with a real limit: the test starts itself once more inside of one. What it says there is the truth about
/// this kernel and this runtime, not about fixtures.
/// </summary>
public sealed class LimitedGroupTests
{
    private const long Mega = 1024 * 1024;
    private const long Limit = 384 * Mega;
    private const string Inside = "INGEST_TEST_INSIDE_LIMITED_GROUP";

    private readonly FakeTime _time = new();
    private readonly AdmissionGate _gate = new();
    private readonly List<string> _flips = [];

    [Fact]
    public async Task Inside_a_limited_group_health_follows_what_is_really_used_and_nothing_is_killed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs control groups.");
        await using var group = LimitedGroup.TryCreate(Limit, out var reason);
        Assert.SkipWhen(group is null, reason);
        string[] tests =
        [
            nameof(Page_cache_flips_nothing),
            nameof(Native_memory_flips_it_once_and_back_once),
            nameof(The_managed_heap_has_a_limit_of_its_own),
        ];
        foreach (var test in tests)
        {
            var (exit, output) = await group.RunAsync(
                Path.Combine(AppContext.BaseDirectory, "Ingest.Tests"),
                ["-method", $"{typeof(LimitedGroupTests).FullName}.{test}", "-explicit", "only", "-noColor"],
                new Dictionary<string, string> { [Inside] = "1" },
                TestContext.Current.CancellationToken);
            Assert.True(exit == 0 && output.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", StringComparison.Ordinal), output);
        }
        Assert.Equal(0, group.Killed);
    }

    [Fact(Explicit = true)]
    public async Task Page_cache_flips_nothing()
    {
        using var sampler = Start();
        using var directory = new TemporaryDirectory();
        var chunk = new byte[4 * Mega];
        // A file of holes fills the page cache when it is read, and spares the disk.
        await using (var file = File.Create(directory["log"]))
        {
            file.SetLength(2 * Limit);
            while (await file.ReadAsync(chunk, TestContext.Current.CancellationToken) > 0)
            {
                Look(sampler);
            }
        }
        var usage = ControlGroup.Find(new KernelFiles()).Max(LimitedGroup.Usage);
        Assert.True(usage > Limit * 8 / 10, $"The page cache should have filled the group, but it uses only {usage} bytes.");
        Assert.Empty(_flips);
    }

    [Fact(Explicit = true)]
    public unsafe void Native_memory_flips_it_once_and_back_once()
    {
        using var sampler = Start();
        var held = new Stack<nint>();
        var most = Limit / (4 * Mega);
        // Up to nine tenths, past the high mark and short of what the kernel kills for, and back to where it began.
        while (new ProcessMemory(new KernelFiles()).Read().Ratio < 0.9)
        {
            Assert.InRange(held.Count, 0, most);
            var block = (nint)NativeMemory.Alloc((nuint)(4 * Mega));
            NativeMemory.Fill((void*)block, (nuint)(4 * Mega), 1);
            held.Push(block);
            Look(sampler);
        }
        Assert.Equal(["memory_pressure"], _flips);
        while (held.TryPop(out var block))
        {
            NativeMemory.Free((void*)block);
            Look(sampler);
        }
        Look(sampler, 10);
        Assert.Equal(["memory_pressure", ""], _flips);
    }

    [Fact(Explicit = true)]
    public void The_managed_heap_has_a_limit_of_its_own()
    {
        using var sampler = Start();
        var reading = new ProcessMemory(new KernelFiles()).Read();
        Assert.Equal(Limit, reading.Limit);
        Assert.Equal(Limit * 3 / 4, reading.GcLimit);
        Assert.Equal(Limit * 3 / 4, MemoryAllowance.Read());
        // Three quarters of the group's limit are not yet too much of that; of the collector's own they are everything.
        var held = new List<byte[]>();
        while (new ProcessMemory(new KernelFiles()).Read().Ratio < 0.85)
        {
            held.Add(new byte[Mega]);
            Array.Fill(held[^1], (byte)1);
        }
        var full = new ProcessMemory(new KernelFiles()).Read();
        Assert.True(full.GcHeap > 0.8 * full.GcLimit && full.Anonymous < 0.85 * full.Limit, full.ToString());
        // Garbage is given back before anyone is refused for it.
        var live = held.Count;
        held.RemoveRange(live / 2, live - (live / 2));
        Look(sampler);
        Assert.Empty(_flips);
        while (held.Count < live)
        {
            held.Add(new byte[Mega]);
        }
        Look(sampler, 10);
        Assert.Equal(["memory_pressure"], _flips);
        // Nothing allocates any more, so nothing collects: only looking again by force shows that there is room.
        held.Clear();
        Look(sampler, 10);
        Assert.Equal(["memory_pressure", ""], _flips);
    }

    private HealthSampler Start()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(Inside) == "1", "Runs inside of a limited group only.");
        _gate.Open(RefusalCode.Starting);
        _gate.Changed = () => _flips.Add(string.Join(' ', _gate.Reasons.Select(reason => reason.Code.Text())));
        var options = new HealthOptions { DiskFreeLow = 0 };
        return new HealthSampler(
            options,
            new StagedHealth { Gate = _gate },
            new HealthState(new AdmissionGate(), options, _time),
            new RetryAdvice(TimeSpan.FromMinutes(1), new Random(1)),
            _time,
            NullLogger<HealthSampler>.Instance);
    }

    private void Look(HealthSampler sampler, int times = 1)
    {
        for (var time = 0; time < times; time++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            sampler.LookOnce();
        }
    }
}
