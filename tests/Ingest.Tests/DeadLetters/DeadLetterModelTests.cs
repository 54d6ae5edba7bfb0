using Ingest.DeadLetters;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>
/// Random histories of a lane and its dead letters, with restarts in order and crashes that take back what the cursor saved: in the end
/// every event is in exactly one column, and the columns are what the accounts say.
/// </summary>
public sealed class DeadLetterModelTests
{
    private const int Histories = 12;
    private const int Steps = 14;

    [Fact]
    public async Task Every_event_is_delivered_or_a_letter_or_dropped_and_the_accounts_say_so()
    {
        var seeds = Environment.GetEnvironmentVariable("INGEST_SEED") is { Length: > 0 } given
            ? [int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)]
            : Enumerable.Range(1, Histories);
        foreach (var seed in seeds)
        {
            try
            {
                await RunAsync(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"INGEST_SEED={seed} fails: {e.Message}", e);
            }
        }
    }

    private static async Task RunAsync(Random random)
    {
        var traits = random.Next(2) == 0 ? null : new SinkTraits { WindowMax = 4, BatchEventsMax = 5 };
        await using var fixture = new DeadLettersFixture(traits);
        var poison = new HashSet<long>();
        var dropped = new HashSet<long>();
        fixture.Refuses = seen => poison.Contains(seen.Sequence) ? $"class {seen.Sequence % 3}: no" : null;
        fixture.Start();
        var (saved, cursors) = (0L, fixture.Cursors());
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(7))
            {
                case 0 or 1 or 2:
                    var count = random.Next(1, 40);
                    var first = fixture.Log.Log.DurableSequence + 1;
                    poison.UnionWith(Enumerable.Range(0, count).Where(_ => random.Next(4) == 0).Select(offset => first + offset));
                    fixture.Log.AppendMany(count, keys: 4);
                    break;
                case 3:
                    // Only what is counted on disk is sent again, so no crash takes the cursor back behind this.
                    (saved, cursors) = (fixture.Status.Saved, fixture.Cursors());
                    // The other side is mended for some, so a requeue has both outcomes.
                    poison.RemoveWhere(_ => random.Next(2) == 0);
                    await fixture.Letters.Operations.RequeueAsync(
                        DeadLetterSelection.Of(new DeadLetterFilter { Reason = $"class {random.Next(3)}" }), CancellationToken.None);
                    break;
                case 4:
                    var some = (await fixture.List()).Where(letter => !letter.IsRequeued && random.Next(3) == 0).ToList();
                    if (some.Count > 0)
                    {
                        await fixture.Drop([.. some.Select(letter => letter.Key.Sequence)]);
                        dropped.UnionWith(some.Select(letter => letter.Key.Sequence));
                    }
                    break;
                case 5:
                    await fixture.RestartAsync();
                    (saved, cursors) = (fixture.Status.Saved, fixture.Cursors());
                    break;
                default:
                    await QuietAsync(fixture);
                    // What was dropped above the position is sent once more: refused again it stays dropped, else it is delivered.
                    dropped.RemoveWhere(sequence => sequence > saved && !poison.Contains(sequence));
                    await fixture.CrashAsync(cursors);
                    break;
            }
            await QuietAsync(fixture);
            await CheckAsync(fixture, dropped);
            if (random.Next(3) == 0)
            {
                (saved, cursors) = (fixture.Status.Saved, fixture.Cursors());
            }
        }
        poison.Clear();
        await fixture.Requeue();
        await fixture.Accounts(fixture.Log.Log.DurableSequence - dropped.Count, dropped.Count);
    }

    private static async Task QuietAsync(DeadLettersFixture fixture)
    {
        await fixture.Settled();
        await fixture.Quiet();
    }

    private static async Task CheckAsync(DeadLettersFixture fixture, HashSet<long> dropped)
    {
        var letters = (await fixture.List()).Select(letter => letter.Key.Sequence).ToHashSet();
        var dead = letters.Union(dropped).ToHashSet();
        var all = fixture.Log.Log.DurableSequence;
        Assert.Empty(letters.Intersect(dropped));
        // Deliveries reach the accounts a moment after they are noted.
        await Poll.Until(
            $"{all - dead.Count} delivered and {dead.Count} dead; it is {fixture.Status.Delivered} and {fixture.Status.DeadLettered}",
            () => (fixture.Status.Delivered, fixture.Status.DeadLettered) == (all - dead.Count, dead.Count));
        List<long> delivered;
        lock (fixture.Delivered)
        {
            delivered = [.. fixture.Delivered.Select(seen => seen.Sequence)];
        }
        Assert.Empty(Enumerable.Range(1, (int)all).Select(number => (long)number).Except(delivered).Except(dead));
    }
}
