using Ingest.DeadLetters;
using Ingest.DeadLetters.Ledger;

namespace Ingest.Tests.DeadLetters;

/// <summary>The letters in memory, in the order of their keys.</summary>
public sealed class DeadLetterTreeTests
{
    private DeadLetterTree Index { get; } = new();

    [Fact]
    public void A_letter_is_found_as_it_was_put()
    {
        var letter = Letter(7, "http") with { IsCounted = false, Ticket = 12, Attempts = 3 };
        Assert.Null(Index.Put(letter));
        Assert.Equal(letter, Index.Find(letter.Key));
        Assert.Null(Index.Find(new DeadLetterKey(7, "kafka")));
        Assert.Null(Index.Find(new DeadLetterKey(8, "http")));
    }

    [Fact]
    public void A_letter_with_a_known_key_takes_the_place_of_the_other()
    {
        var first = Letter(7, "http");
        var second = first with { Reason = "again", Position = 99 };
        Index.Put(first);
        Assert.Equal(first, Index.Put(second));
        Assert.Equal([second], All());
    }

    [Fact]
    public void What_was_removed_is_gone_and_is_handed_out_once()
    {
        var letter = Letter(7, "http");
        Index.Put(letter);
        Assert.Equal(letter, Index.Remove(letter.Key));
        Assert.Null(Index.Remove(letter.Key));
        Assert.Empty(All());
    }

    [Fact]
    public void Letters_come_in_the_order_of_their_sequence_numbers_and_then_of_their_lanes()
    {
        foreach (var (sequence, lane) in new[] { (10L, "b"), (9L, "b"), (10L, "a"), (2L, "z"), (long.MaxValue, "a") })
        {
            Index.Put(Letter(sequence, lane));
        }
        Assert.Equal(["z/2", "b/9", "a/10", "b/10", $"a/{long.MaxValue}"], All().Select(letter => letter.Key.ToString()));
    }

    [Fact]
    public void Pages_follow_each_other_without_a_gap_and_without_a_repeat()
    {
        for (var sequence = 1; sequence <= 25; sequence++)
        {
            Index.Put(Letter(sequence, sequence % 2 == 0 ? "even" : "odd"));
        }
        var filter = new DeadLetterFilter { Lane = "odd" };
        var seen = new List<long>();
        DeadLetterKey? after = null;
        while (Index.Query(filter, after, 4) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 4);
            seen.AddRange(page.Select(letter => letter.Key.Sequence));
            // What was passed may go, and what comes behind may come: the place in the order stays.
            Index.Remove(page[^1].Key);
            after = page[^1].Key;
        }
        Assert.Equal(Enumerable.Range(1, 25).Where(number => number % 2 == 1).Select(number => (long)number), seen);
    }

    [Fact]
    public void A_page_may_begin_behind_a_key_that_is_not_there()
    {
        Index.Put(Letter(5, "a"));
        Index.Put(Letter(7, "a"));
        Assert.Equal([7L], Index.Query(DeadLetterFilter.All, new DeadLetterKey(5, "\uffff"), 10).Select(letter => letter.Key.Sequence));
        Assert.Equal([7L], Index.Query(DeadLetterFilter.All, new DeadLetterKey(6, "zzz"), 10).Select(letter => letter.Key.Sequence));
        Assert.Empty(Index.Query(DeadLetterFilter.All, new DeadLetterKey(7, "a"), 10));
        Assert.Empty(Index.Query(DeadLetterFilter.All, new DeadLetterKey(long.MaxValue, "a"), 10));
    }

    public static TheoryData<DeadLetterFilter, string> Filters => new()
    {
        { DeadLetterFilter.All, "1 2 3 4" },
        { new() { Lane = "http" }, "1 3" },
        { new() { Lane = "HTTP" }, "" },
        { new() { Stream = "orders" }, "1 2" },
        { new() { Reason = "TOO LARGE" }, "1 4" },
        { new() { Reason = "%" }, "" },
        { new() { SinceUnixMs = 2000 }, "2 3 4" },
        { new() { UntilUnixMs = 2000 }, "1" },
        { new() { SinceUnixMs = 2000, UntilUnixMs = 4000 }, "2 3" },
        { new() { Requeued = true }, "4" },
        { new() { Requeued = false }, "1 2 3" },
        { new() { Lane = "http", Stream = "orders", Reason = "large", UntilUnixMs = 1001 }, "1" },
        { new() { Lane = "http", Requeued = true }, "" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_takes_what_matches_all_of_it(DeadLetterFilter filter, string expected)
    {
        Index.Put(Letter(1, "http") with { Stream = "orders", Reason = "HTTP 413: Too large", LastUnixMs = 1000 });
        Index.Put(Letter(2, "kafka") with { Stream = "orders", Reason = "InvalidRecord: no", LastUnixMs = 2000 });
        Index.Put(Letter(3, "http") with { Stream = "clicks", Reason = "HTTP 400: bad", LastUnixMs = 3000 });
        Index.Put(Letter(4, "kafka") with { Stream = "clicks", Reason = "too large", LastUnixMs = 4000, Ticket = 9 });
        Assert.Equal(expected, string.Join(' ', Index.Query(filter, null, 100).Select(letter => letter.Key.Sequence)));
        Assert.All(Index.Query(filter, null, 1), letter => Assert.StartsWith($"{letter.Key.Sequence}", expected, StringComparison.Ordinal));
    }

    private IReadOnlyList<DeadLetter> All() => Index.Query(DeadLetterFilter.All, null, 1000);

    private static DeadLetter Letter(long sequence, string lane) => new()
    {
        Key = new DeadLetterKey(sequence, lane),
        Stream = "default",
        EventKey = "",
        Reason = "HTTP 400: no",
        Attempts = 1,
        FirstUnixMs = 1,
        LastUnixMs = 2,
        AcceptedUnixMs = 3,
        Bytes = 100,
        Position = sequence,
        IsCounted = true,
    };
}
