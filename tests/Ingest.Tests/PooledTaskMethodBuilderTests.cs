using System.Runtime.CompilerServices;
using Ingest.Testing;

namespace Ingest.Tests;

/// <summary>An async method whose state is pooled does what any other does, and allocates its task alone.</summary>
public sealed class PooledTaskMethodBuilderTests
{
    private const int TaskBytes = 72;

    private static readonly AsyncLocal<string?> Ambient = new();

    [Fact]
    public void A_call_that_waits_allocates_its_task_alone_however_many_wait_at_once()
    {
        const int Calls = 200;
        var gates = Enumerable.Range(0, Calls).Select(_ => new Gate()).ToArray();
        var tasks = new Task[Calls];
        void Run()
        {
            for (var i = 0; i < Calls; i++)
            {
                tasks[i] = WaitTwiceAsync(gates[i], gates[i], i);
            }
            for (var i = 0; i < Calls; i++)
            {
                gates[i].Open(i);
                gates[i].Open(i);
            }
        }
        Run();
        var allocated = Allocations.OfOneRun(Run);
        Assert.All(tasks, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.InRange(allocated, 0, Calls * TaskBytes);
    }

    [Fact]
    public async Task What_a_call_remembers_is_its_own_in_whatever_order_calls_wait_and_end()
    {
        const int Rounds = 300;
        var seed = TestSeed.Read(line => TestContext.Current.TestOutputHelper?.WriteLine(line));
        // Several threads, so that an object is given back on another thread than the one that took it.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(seed + thread);
            for (var round = 0; round < Rounds; round++)
            {
                Interleave(random, round * 1000);
            }
        })));
    }

    [Fact]
    public async Task What_a_call_throws_comes_through_its_task()
    {
        var gate = new Gate();
        var failing = ThrowAsync(gate, new InvalidDataException("said"));
        var cancelled = ThrowAsync(null, new OperationCanceledException());
        Assert.False(failing.IsCompleted);
        gate.Open(1);
        Assert.Equal("said", (await Assert.ThrowsAsync<InvalidDataException>(() => failing)).Message);
        Assert.True(cancelled.IsCanceled);
        Assert.True(ThrowAsync(null, new InvalidDataException()).IsFaulted);
    }

    [Fact]
    public void A_call_that_need_not_wait_has_ended_when_it_returns()
    {
        var gate = new Gate();
        gate.Open(7);
        Assert.True(WaitOnceAsync(gate, 7).IsCompletedSuccessfully);
    }

    [Fact]
    public void Each_wait_resumes_in_its_methods_context_and_changes_none()
    {
        var (first, second) = (new Gate(), new Gate());
        Ambient.Value = "caller";
        var task = NoteAmbientAsync(first, second);
        Assert.Equal("caller", Ambient.Value);
        Ambient.Value = "other";
        first.Open(0);
        second.Open(0);
        Assert.Equal("other", Ambient.Value);
        Assert.True(task.IsCompletedSuccessfully, task.Exception?.ToString());
    }

    [Fact]
    public void Where_no_context_is_to_flow_none_does()
    {
        var gate = new Gate();
        Ambient.Value = "caller";
        Task task;
        using (ExecutionContext.SuppressFlow())
        {
            task = ExpectAmbientAsync(gate, "resumer");
        }
        Ambient.Value = "resumer";
        gate.Open(0);
        Assert.True(task.IsCompletedSuccessfully, task.Exception?.ToString());
    }

    [Fact]
    public void Nothing_a_call_remembered_is_kept_once_it_has_ended()
    {
        var held = new WeakReference(null);
        RememberAndEnd(held);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(held.IsAlive);
    }

    /// <summary>Ten calls, begun and resumed in an order that is drawn, some of them begun while others resume.</summary>
    private static void Interleave(Random random, int number)
    {
        var calls = new List<(Task Task, Gate First, Gate Second, int Opened, int Number)>();
        var begun = 0;
        while (begun < 10 || calls.Exists(call => call.Opened < 2))
        {
            var waiting = calls.FindAll(call => call.Opened < 2);
            if (begun < 10 && (waiting.Count == 0 || random.Next(2) == 0))
            {
                var (first, second) = (new Gate(), new Gate());
                calls.Add((WaitTwiceAsync(first, second, number + begun), first, second, 0, number + begun));
                begun++;
                continue;
            }
            var at = calls.IndexOf(waiting[random.Next(waiting.Count)]);
            var call = calls[at];
            calls[at] = call with { Opened = call.Opened + 1 };
            (call.Opened == 0 ? call.First : call.Second).Open(call.Number);
            Assert.Equal(call.Opened == 1, call.Task.IsCompleted);
        }
        Assert.All(calls, call => Assert.True(call.Task.IsCompletedSuccessfully, call.Task.Exception?.ToString()));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RememberAndEnd(WeakReference held)
    {
        var gate = new Gate();
        held.Target = gate;
        var task = WaitOnceAsync(gate, 3);
        gate.Open(3);
        Assert.True(task.IsCompletedSuccessfully);
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task WaitOnceAsync(Gate gate, int number) => Assert.Equal(number, await gate.WaitAsync());

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task WaitTwiceAsync(Gate first, Gate second, int number)
    {
        var at = number;
        if (await first.WaitAsync() != at || await second.WaitAsync() != number)
        {
            throw new InvalidOperationException($"Call {number} went on as another.");
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task ThrowAsync(Gate? gate, Exception exception)
    {
        if (gate is not null)
        {
            await gate.WaitAsync();
        }
        throw exception;
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task NoteAmbientAsync(Gate first, Gate second)
    {
        Ambient.Value = "method";
        await first.WaitAsync();
        Assert.Equal("method", Ambient.Value);
        Ambient.Value = "later";
        await second.WaitAsync();
        Assert.Equal("later", Ambient.Value);
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task ExpectAmbientAsync(Gate gate, string expected)
    {
        await gate.WaitAsync();
        Assert.Equal(expected, Ambient.Value);
    }
}
