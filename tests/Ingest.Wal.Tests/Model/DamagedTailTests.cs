using System.Globalization;
using Ingest.Simulation.Model;
using Ingest.Testing;

namespace Ingest.Wal.Tests.Model;

/// <summary>
/// Crashes with damaged tails on the simulated disk, seen from outside. <c>WAL_TAIL_SEED</c> runs one seed alone,
/// <c>WAL_TAIL_COUNT</c> another number
/// of histories, <c>WAL_TAIL_FIRST</c> from another one on.
/// </summary>
public sealed class DamagedTailTests(ITestOutputHelper output)
{
    private const int HistoriesByDefault = 3_000;
    private const int CrashesByDefault = 10_000;

    [Fact]
    public void No_crash_with_a_damaged_tail_has_a_number_or_an_identity_given_out_twice()
    {
        var coverage = new HistoryCoverage();
        if (Number("WAL_TAIL_SEED") is { } one)
        {
            new DamagedTailHistory(one, coverage) { Trace = output.WriteLine }.Run();
            return;
        }
        var (first, count) = (Number("WAL_TAIL_FIRST") ?? 1, Number("WAL_TAIL_COUNT") ?? HistoriesByDefault);
        var crashes = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                crashes += new DamagedTailHistory(seed, coverage).Run();
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed} (run it alone with WAL_TAIL_SEED={seed}): {e}");
            }
        }
        var acknowledged = coverage.Counts[DamagedTailHistory.Appended];
        output.WriteLine(new ProofLine { Injections = crashes, Acknowledged = acknowledged, Twice = 0 }.ToString());
        foreach (var (what, times) in coverage.Counts)
        {
            output.WriteLine($"{times,8} {what}");
        }
        if (count == HistoriesByDefault)
        {
            Assert.InRange(crashes, CrashesByDefault, int.MaxValue);
            Assert.All(Enum.GetNames<TailDamage>(), damage => Assert.InRange(
                coverage.Counts.Where(pair => pair.Key.StartsWith(damage, StringComparison.Ordinal)).Sum(pair => pair.Value), 100,
                    int.MaxValue));
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
