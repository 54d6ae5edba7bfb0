using Ingest.Simulation.Model;

namespace Ingest.Wal.Tests.Model;

/// <summary>A model that never fails proves nothing: each of these logs is broken, and the model has to say so.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const int HistoriesMax = 3_000;

    [Fact]
    public void A_log_that_skips_its_flush_is_caught_by_the_model() => AssertCaught(Mutation.SkipsDataFlush);

    [Fact]
    public void A_log_that_acknowledges_before_its_flush_is_caught_by_the_model() => AssertCaught(Mutation.AcknowledgesBeforeFlush);

    [Fact]
    public void A_log_that_tries_a_failed_flush_again_is_caught_by_the_model() => AssertCaught(Mutation.RetriesFailedFlush);

    [Fact]
    public void A_log_that_does_not_sync_its_directory_is_caught_by_the_model() => AssertCaught(Mutation.SkipsDirectorySync);

    [Fact]
    public void A_log_that_names_a_segment_before_its_header_is_flushed_is_caught_by_the_model() => AssertCaught(Mutation.SkipsHeaderFlush);

    [Fact]
    public void A_log_that_does_not_flush_its_cursors_is_caught_by_the_model() => AssertCaught(Mutation.SkipsCursorFlush);

    [Fact]
    public void A_log_that_does_not_sync_its_new_cursors_is_caught_by_the_model() => AssertCaught(Mutation.SkipsCursorDirectorySync);

    private void AssertCaught(Mutation mutation)
    {
        LogHistory Start(int seed) => new(seed, directory => new MutantDirectory(directory, mutation));
        for (var seed = 1; seed <= HistoriesMax; seed++)
        {
            var history = HistoryGenerator.Generate(seed);
            if (HistoryShrinker.Failure(seed, history, Start) is { } failure)
            {
                Assert.IsType<ModelException>(failure);
                var shortest = HistoryShrinker.Shrink(seed, history, Start);
                output.WriteLine($"Seed {seed}: {failure.Message}\n{HistoryShrinker.Describe(shortest)}");
                return;
            }
        }
        Assert.Fail($"No history of {HistoriesMax} noticed that the log {mutation}.");
    }
}
