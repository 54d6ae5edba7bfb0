using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>What is promised of questions over many dead letters, whatever answers them. Each store has a class that derives.</summary>
public abstract class QuestionsContract
{
    private static readonly Dictionary<string, DeadLetterFilter> _filters = new()
    {
        ["all"] = DeadLetterFilter.All,
        ["Lane=test"] = new DeadLetterFilter { Lane = "test" },
        ["Lane=TEST"] = new DeadLetterFilter { Lane = "TEST" },
        ["Stream=rare"] = new DeadLetterFilter { Stream = "rare" },
        ["Stream=orders"] = new DeadLetterFilter { Stream = "orders" },
        ["Stream=Orders"] = new DeadLetterFilter { Stream = "Orders" },
        ["Stream=none"] = new DeadLetterFilter { Stream = "none" },
        ["Stream=rare Requeued=false"] = new DeadLetterFilter { Stream = "rare", Requeued = false },
        ["Stream=rare Reason=NO 2"] = new DeadLetterFilter { Stream = "rare", Reason = "NO 2" },
        ["Reason=no 1"] = new DeadLetterFilter { Reason = "no 1" },
        ["AttemptsMin=2"] = new DeadLetterFilter { AttemptsMin = 2 },
        ["SinceUnixMs=1 UntilUnixMs=long.MaxValue"] = new DeadLetterFilter { SinceUnixMs = 1, UntilUnixMs = long.MaxValue },
        ["UntilUnixMs=1"] = new DeadLetterFilter { UntilUnixMs = 1 },
        ["Requeued=true"] = new DeadLetterFilter { Requeued = true },
    };

    public static TheoryData<string> Filters => [.. _filters.Keys];

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Pages_and_groups_are_those_of_the_letters(string filter)
    {
        await using var fixture = await FilledAsync();
        await CheckAsync(fixture, _filters[filter]);
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
        for (var i = 0; i < 400; i++)
        {
            fixture.Log.Append("{}", stream: i % 97 == 0 ? "rare" : i % 2 == 0 ? "orders" : "Orders");
        }
        fixture.Start();
        await fixture.Settled();
        return fixture;
    }

    /// <summary>Asks everything, first at once and then when the store is level: it is the same.</summary>
    internal static async Task CheckAllAsync(DeadLettersFixture fixture)
    {
        foreach (var filter in _filters.Values)
        {
            await CheckAsync(fixture, filter, waits: false);
        }
        await LevelAsync(fixture);
        foreach (var filter in _filters.Values)
        {
            await CheckAsync(fixture, filter, waits: false);
        }
    }

    internal static Task LevelAsync(DeadLettersFixture fixture) => Poll.Until(
        "the store is level",
        () => fixture.Letters.Status is { IsRebuilding: false, Projection: null or { IsLevel: true } },
        TimeSpan.FromSeconds(30));

    private static async Task CheckAsync(DeadLettersFixture fixture, DeadLetterFilter filter, bool waits = true)
    {
        if (waits)
        {
            await LevelAsync(fixture);
        }
        var letters = (await fixture.List()).Where(filter.Matches).ToList();
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
        while (await fixture.Letters.Operations.ListAsync(filter, all.Count > 0 ? all[^1].Key : null, 7, CancellationToken.None)
            is { Count: > 0 } page)
        {
            all.AddRange(page);
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
