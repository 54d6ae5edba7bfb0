using System.Globalization;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>
/// What is promised of questions over many dead letters, whatever answers them: the answers are those computed from the letters one by one.
/// Each store has a class that derives.
/// </summary>
public abstract class QuestionsContract
{
    private const int Rounds = 8;
    private const int PageLetters = 211;

    private static readonly DeadLetterFilter[] _filters =
    [
        DeadLetterFilter.All,
        new DeadLetterFilter { Lane = "test" },
        new DeadLetterFilter { Lane = "TEST" },
        new DeadLetterFilter { Stream = "rare" },
        new DeadLetterFilter { Stream = "orders" },
        new DeadLetterFilter { Stream = "Orders" },
        new DeadLetterFilter { Stream = "none" },
        new DeadLetterFilter { Stream = "rare", Requeued = false },
        new DeadLetterFilter { Stream = "rare", Reason = "NO 2" },
        new DeadLetterFilter { EventKey = "k7" },
        new DeadLetterFilter { EventKey = "K7" },
        new DeadLetterFilter { Stream = "orders", EventKey = "k7", Reason = "no" },
        new DeadLetterFilter { Reason = "no 1" },
        new DeadLetterFilter { AttemptsMin = 2 },
        new DeadLetterFilter { SinceUnixMs = 1, UntilUnixMs = long.MaxValue },
        new DeadLetterFilter { Stream = "rare", AttemptsMin = 2 },
        new DeadLetterFilter { UntilUnixMs = 1 },
        new DeadLetterFilter { Requeued = true },
    ];

    [Fact]
    public async Task Pages_and_groups_are_those_of_the_letters()
    {
        await using var fixture = await FilledAsync();
        await LevelAsync(fixture);
        await CheckAllAsync(fixture);
        await CheckHalvesAsync(fixture);
    }

    [Theory]
    [InlineData("kind: no {0}")]
    [InlineData("kind {0}: no")]
    public async Task Reasons_that_are_all_different_are_counted_as_any_others(string reason)
    {
        await using var fixture = new DeadLettersFixture
        {
            Refuses = seen => string.Format(CultureInfo.InvariantCulture, reason, seen.Sequence),
            Projection = Create(),
        };
        fixture.Log.AppendMany(6000, keys: 50);
        fixture.Start();
        await fixture.Settled();
        await LevelAsync(fixture);
        var all = await AllAsync(fixture);
        foreach (var filter in (DeadLetterFilter[])[DeadLetterFilter.All, new() { Reason = "no 30" }, new() { EventKey = "k7" }])
        {
            await CheckAsync(fixture, filter, all);
        }
    }

    [Fact]
    public async Task Two_that_ask_while_letters_come_and_go_get_what_they_ask_for_in_order()
    {
        await using var fixture = await FilledAsync();
        using var over = new CancellationTokenSource();
        Task[] readers =
        [
            Task.Run(() => AskOnAsync(fixture, over.Token), CancellationToken.None),
            Task.Run(() => AskOnAsync(fixture, over.Token), CancellationToken.None),
        ];
        for (var round = 0; round < 10; round++)
        {
            fixture.Log.AppendMany(50, keys: 10, stream: "rare");
            await fixture.Settled();
            await fixture.Drop([.. (await fixture.Sequences()).Where(sequence => sequence % 10 == round)]);
        }
        await over.CancelAsync();
        await Task.WhenAll(readers);
        await CheckAllAsync(fixture);
        Assert.InRange(fixture.Letters.Status.Projection?.Failures ?? 0, 0, 0);
    }

    [Fact]
    public async Task Answers_follow_the_letters_through_drops_requeues_and_restarts()
    {
        await using var fixture = await FilledAsync();
        await fixture.Drop([.. (await fixture.Sequences()).Where(sequence => sequence % 3 == 0)]);
        await CheckAllAsync(fixture);
        fixture.Refuses = seen => seen.Sequence % 5 == 0 ? "another: no" : null;
        await fixture.Requeue();
        await fixture.Quiet();
        await CheckAllAsync(fixture);
        await fixture.RestartAsync();
        await fixture.Settled();
        await CheckAllAsync(fixture);
        await fixture.Drop();
        await CheckAllAsync(fixture);
    }

    /// <summary>What answers; null: memory.</summary>
    protected abstract ProjectionOptions? Create();

    internal async Task<DeadLettersFixture> FilledAsync()
    {
        var fixture = new DeadLettersFixture
        {
            Refuses = seen => $"kind {seen.Sequence % 4}: no {seen.Sequence % 3}",
            Projection = Create(),
        };
        for (var round = 0; round < Rounds; round++)
        {
            fixture.Log.AppendMany(100, keys: 20, stream: "orders");
            fixture.Log.AppendMany(2, keys: 20, stream: "rare");
            fixture.Log.AppendMany(100, stream: "Orders");
        }
        fixture.Start();
        await fixture.Settled();
        return fixture;
    }

    /// <summary>Asks everything, first at once and then when the store is level: it is the same.</summary>
    internal static async Task CheckAllAsync(DeadLettersFixture fixture)
    {
        var all = await AllAsync(fixture);
        for (var isLevel = false; ; isLevel = true)
        {
            foreach (var filter in _filters)
            {
                await CheckAsync(fixture, filter, all);
            }
            if (isLevel)
            {
                return;
            }
            await LevelAsync(fixture);
        }
    }

    internal static Task LevelAsync(DeadLettersFixture fixture) => Poll.Until(
        "the store is level",
        () => fixture.Letters.Status is { IsRebuilding: false, Projection: null or { IsLevel: true } });

    // A list of all letters asks no store.
    private static Task<List<DeadLetter>> AllAsync(DeadLettersFixture fixture) => PagesAsync(fixture, DeadLetterFilter.All);

    // The first half by time, and the second.
    private static async Task CheckHalvesAsync(DeadLettersFixture fixture)
    {
        var all = await AllAsync(fixture);
        var middle = all[all.Count / 2].LastUnixMs;
        await CheckAsync(fixture, new DeadLetterFilter { UntilUnixMs = middle }, all);
        await CheckAsync(fixture, new DeadLetterFilter { SinceUnixMs = middle, Stream = "rare" }, all);
    }

    private static async Task AskOnAsync(DeadLettersFixture fixture, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (var filter in _filters)
            {
                var page = await fixture.Letters.Operations.ListAsync(filter, null, 500, CancellationToken.None);
                Assert.Equal(page.OrderBy(letter => letter.Key).Select(letter => letter.Key).Distinct(), page.Select(letter => letter.Key));
                Assert.All(page, letter => Assert.Equal(filter.Stream ?? letter.Stream, letter.Stream));
                await fixture.Letters.Operations.GroupsAsync(DeadLetterGrouping.Reason, filter, CancellationToken.None);
            }
        }
    }

    private static async Task CheckAsync(DeadLettersFixture fixture, DeadLetterFilter filter, List<DeadLetter> all)
    {
        var letters = all.Where(filter.Matches).ToList();
        Assert.Equal(letters, await PagesAsync(fixture, filter));
        DeadLetterGrouping[] groupings =
            [DeadLetterGrouping.None, DeadLetterGrouping.Reason, DeadLetterGrouping.Stream | DeadLetterGrouping.State];
        foreach (var by in groupings)
        {
            var groups = await fixture.Letters.Operations.GroupsAsync(by, filter, CancellationToken.None);
            Assert.Equal(Counted(letters, by), groups.Select(group => (Name(group), group.Count, group.Bytes)).Order());
            Assert.Equal(groups.Select(group => group.Count).OrderDescending(), groups.Select(group => group.Count));
        }
    }

    private static async Task<List<DeadLetter>> PagesAsync(DeadLettersFixture fixture, DeadLetterFilter filter)
    {
        var all = new List<DeadLetter>();
        while (await fixture.Letters.Operations.ListAsync(
            filter, all.Count > 0 ? all[^1].Key : null, PageLetters, CancellationToken.None) is { Count: > 0 } page)
        {
            // Where a letter lies changes by itself.
            all.AddRange(page.Select(letter => letter with { Position = 0, NeededFrom = 0 }));
        }
        return all;
    }

    private static IEnumerable<(string Name, long Count, long Bytes)> Counted(List<DeadLetter> letters, DeadLetterGrouping by) => letters
        .GroupBy(letter => Name(new DeadLetterGroup(
            null,
            by.HasFlag(DeadLetterGrouping.Stream) ? letter.Stream : null,
            by.HasFlag(DeadLetterGrouping.Reason) ? RefusalReason.ClassOf(letter.Reason) : null,
            by.HasFlag(DeadLetterGrouping.State) ? letter.IsRequeued : null,
            0,
            0)))
        .Select(group => (group.Key, (long)group.Count(), group.Sum(letter => (long)letter.Bytes))).Order();

    private static string Name(DeadLetterGroup group) => $"{group.Stream}|{group.Reason}|{group.Requeued}";
}

/// <summary>Questions answered from memory.</summary>
public sealed class MemoryQuestionsTests : QuestionsContract
{
    protected override ProjectionOptions? Create() => null;
}
