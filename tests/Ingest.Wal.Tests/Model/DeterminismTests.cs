using Ingest.Simulation.Model;

namespace Ingest.Wal.Tests.Model;

/// <summary>
/// One seed decides everything in a history: a failure that cannot be repeated is worth little. Each seed is run twice, and all that it
/// did is compared: steps, every operation of the disk in its order, the bytes that were written, and what is on the disk at the end.
/// </summary>
public sealed class DeterminismTests
{
    private const int Seeds = 60;

    [Fact]
    public void A_history_that_is_run_twice_does_the_same_to_the_last_byte()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var (first, second) = (Trace(seed), Trace(seed));
            var same = first.Zip(second).TakeWhile(lines => lines.First == lines.Second).Count();
            Assert.True(
                first.Count == second.Count && same == first.Count,
                $"Seed {seed}, line {same + 1}: {first.ElementAtOrDefault(same)} and {second.ElementAtOrDefault(same)}");
        }
    }

    [Fact]
    public void Two_seeds_are_two_histories() =>
        Assert.Equal(Seeds, Enumerable.Range(1, Seeds).Select(seed => string.Join('\n', Trace(seed))).Distinct().Count());

    private static List<string> Trace(int seed)
    {
        var trace = new List<string>();
        new LogHistory(seed) { Trace = trace.Add }.Run(HistoryGenerator.Generate(seed));
        Assert.True(trace.Count > 10, $"Seed {seed} was hardly traced.");
        return trace;
    }
}
