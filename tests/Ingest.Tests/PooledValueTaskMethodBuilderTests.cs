using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Ingest.Testing;

namespace Ingest.Tests;

/// <summary>An async method whose state is pooled and awaited itself does what any other does, and allocates nothing.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "When an end is taken, and how often, is what these tests are about.")]
public sealed class PooledValueTaskMethodBuilderTests
{
    [Fact]
    public void Calls_that_wait_inside_each_other_allocate_nothing_beyond_the_outermost_task_however_many_wait_at_once()
    {
        const int Calls = 200;
        const int TaskBytes = 72;
        var gates = Enumerable.Range(0, Calls).Select(_ => new Gate()).ToArray();
        var tasks = new Task[Calls];
        void Run()
        {
            for (var i = 0; i < Calls; i++)
            {
                tasks[i] = OutermostAsync(gates[i], i);
            }
            for (var i = 0; i < Calls; i++)
            {
                gates[i].Open(i);
                gates[i].Open(i);
            }
        }
        Run();
        var allocated = Allocations.OfOneRun(Run);
        Assert.All(tasks, task => Assert.True(task.IsCompletedSuccessfully, task.Exception?.ToString()));
        Assert.InRange(allocated, 0, Calls * TaskBytes);
    }

    [Fact]
    public async Task What_a_call_remembers_is_its_own_in_whatever_order_calls_wait_and_end()
    {
        const int Rounds = 300;
        var seed = TestSeed.Read(line => TestContext.Current.TestOutputHelper?.WriteLine(line));
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
    public async Task What_a_call_throws_comes_to_who_awaits_it()
    {
        var gate = new Gate();
        var failing = ThrowAsync(gate, new InvalidDataException("said"));
        Assert.False(failing.IsCompleted);
        gate.Open(1);
        Assert.Equal("said", (await Assert.ThrowsAsync<InvalidDataException>(async () => await failing)).Message);
        var atOnce = ThrowAsync(null, new InvalidDataException("at once"));
        Assert.Equal("at once", (await Assert.ThrowsAsync<InvalidDataException>(async () => await atOnce)).Message);
        var cancelled = ThrowAsync(null, new OperationCanceledException());
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled);
    }

    [Fact]
    public async Task An_end_that_was_taken_is_not_taken_again()
    {
        var gate = new Gate();
        var call = WaitOnceAsync(gate, 5);
        var again = call;
        gate.Open(5);
        await call;
        var (first, second) = (new Gate(), new Gate());
        var others = new[] { WaitOnceAsync(first, 6), WaitOnceAsync(second, 7) };
        // Without asking first whether it has ended, which would throw as well.
        Assert.Throws<InvalidOperationException>(() => again.GetAwaiter().GetResult());
        first.Open(6);
        second.Open(7);
        await others[0];
        await others[1];
    }

    [Fact]
    public void A_call_that_need_not_wait_has_ended_when_it_returns()
    {
        var gate = new Gate();
        gate.Open(7);
        Assert.True(WaitOnceAsync(gate, 7).IsCompletedSuccessfully);
    }

    /// <summary>Ten calls, begun, resumed and their ends taken in an order that is drawn.</summary>
    private static void Interleave(Random random, int number)
    {
        var calls = new List<(ValueTask Task, Gate Gate, int Step, int Number)>();
        var begun = 0;
        while (begun < 10 || calls.Count > 0)
        {
            if (begun < 10 && (calls.Count == 0 || random.Next(2) == 0))
            {
                var gate = new Gate();
                calls.Add((WaitTwiceAsync(gate, number + begun), gate, 0, number + begun));
                begun++;
                continue;
            }
            var at = random.Next(calls.Count);
            var call = calls[at];
            Assert.Equal(call.Step == 2, call.Task.IsCompleted);
            if (call.Step == 2)
            {
                call.Task.GetAwaiter().GetResult();
                calls.RemoveAt(at);
                continue;
            }
            calls[at] = call with { Step = call.Step + 1 };
            call.Gate.Open(call.Number);
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task OutermostAsync(Gate gate, int number)
    {
        await WaitTwiceAsync(gate, number).ConfigureAwait(false);
        GC.KeepAlive(gate);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private static async ValueTask WaitOnceAsync(Gate gate, int number) => Assert.Equal(number, await gate.WaitAsync());

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private static async ValueTask WaitTwiceAsync(Gate gate, int number)
    {
        var at = number;
        if (await gate.WaitAsync() != at || await gate.WaitAsync() != number)
        {
            throw new InvalidOperationException($"Call {number} went on as another.");
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private static async ValueTask ThrowAsync(Gate? gate, Exception exception)
    {
        if (gate is not null)
        {
            await gate.WaitAsync();
        }
        throw exception;
    }
}
