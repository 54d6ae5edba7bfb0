using Ingest.Testing;

namespace Ingest.Tests.Intake.Producers;

/// <summary>What producers are promised holds in every order of sending, repeating, storing, refusing, saving and being killed.</summary>
public sealed class ProducerHistoryTests
{
    private const int Histories = 10_000;

    [Fact]
    public void In_ten_thousand_random_histories_each_number_is_stored_exactly_once_and_in_order()
    {
        var seed = TestSeed.Read(Print) % 1_000_000_000;
        int repeats = 0, refused = 0, restarts = 0, stored = 0;
        for (var i = 0; i < Histories; i++)
        {
            var history = new ProducerHistory(seed + i);
            try
            {
                history.Run(steps: 60);
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed + i}: {e}");
            }
            (repeats, refused) = (repeats + history.Repeats, refused + history.Refused);
            (restarts, stored) = (restarts + history.Restarts, stored + history.Stored);
        }
        Print($"Seed {seed}: {Histories} histories, {stored} events stored, {repeats} repeats, {refused} refused, {restarts} kills.");
        Assert.True(repeats > Histories && refused > Histories && restarts > Histories && stored > Histories);
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
