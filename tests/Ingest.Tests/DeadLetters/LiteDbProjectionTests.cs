using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.LiteDb;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>The projection in LiteDB by itself, beside a dictionary that takes the same edits.</summary>
public sealed class LiteDbProjectionTests
{
    private static readonly Guid Log = Guid.NewGuid();

    [Fact]
    public void Whatever_is_written_it_says_what_a_dictionary_says_also_when_it_is_opened_anew()
    {
        var random = new Random(TestSeed.Read(line => TestContext.Current.TestOutputHelper?.WriteLine(line)));
        using var directory = new TemporaryDirectory();
        var model = new SortedDictionary<DeadLetterKey, DeadLetter>();
        var projection = Open(directory);
        for (var position = 1L; position <= 40; position++)
        {
            projection.Write(Change(model, random), position);
            if (random.Next(4) == 0)
            {
                projection.Dispose();
                projection = Open(directory);
            }
            Assert.Equal(position, projection.Position);
            Assert.Equal((model.Count, model.Values.Sum(letter => (long)letter.Bytes)), projection.Totals);
            Check(projection, model, Filter(model, random));
        }
        projection.Dispose();
    }

    [Fact]
    public async Task A_question_does_not_wait_for_a_write()
    {
        using var directory = new TemporaryDirectory();
        using var projection = Open(directory);
        projection.Write([new DeadLetterEdit(Key(1), Letter(Key(1), "a", "no", 1, 1))], 1);
        using var writing = new ManualResetEventSlim();
        using var asked = new ManualResetEventSlim();
        var writer = Task.Run(() => projection.Write(new HeldEdits(writing, asked), 2), TestContext.Current.CancellationToken);
        writing.Wait(TestContext.Current.CancellationToken);

        Assert.Null(projection.Keys(DeadLetterFilter.All, null, 10));
        Assert.Null(projection.Groups(DeadLetterFilter.All));
        Assert.False(writer.IsCompleted);

        asked.Set();
        await writer;
        Assert.Equal([Key(1), Key(2)], projection.Keys(DeadLetterFilter.All, null, 10));
    }

    [Fact]
    public void Letters_cost_little_more_room_than_their_numbers()
    {
        using var directory = new TemporaryDirectory();
        using var projection = Open(directory);
        for (var part = 0; part < 10; part++)
        {
            projection.Write(
                [.. Enumerable.Range((part * 2000) + 1, 2000).Select(n => new DeadLetterEdit(Key(n), Letter(Key(n), "a", "no", n, 1)))],
                part + 1);
        }
        // The journal has 2 MiB at most before it is moved to the data file.
        Assert.InRange(projection.Bytes, 1, (20_000 * 50) + (3 * 1024 * 1024));
    }

    private static IDeadLetterProjection Open(TemporaryDirectory directory) =>
        new LiteDbProjectionFactory().Open(directory.Path, Log, 1L << 30);

    private static DeadLetterKey Key(long sequence, string lane = "http") => new(sequence, lane);

    // Mostly behind all others, as letters come; now and then among them, changed or resolved.
    private static List<DeadLetterEdit> Change(SortedDictionary<DeadLetterKey, DeadLetter> model, Random random)
    {
        var edits = new SortedDictionary<DeadLetterKey, DeadLetter?>();
        var last = model.Count > 0 ? model.Keys.Last().Sequence : 0;
        for (var i = random.Next(800); i > 0; i--)
        {
            var key = Key(random.Next(3) == 0 ? random.NextInt64(1, last + 2) : ++last, random.Next(20) == 0 ? "kafka" : "http");
            edits[key] = random.Next(4) == 0 ? null : Letter(
                key, $"s{random.Next(3)}", $"class {random.Next(5)}: {random.Next(1500)}", random.Next(1000), random.Next(1, 5),
                random.Next(10) == 0 ? 7 : 0);
        }
        foreach (var (key, letter) in edits)
        {
            if (letter is null)
            {
                model.Remove(key);
            }
            else
            {
                model[key] = letter;
            }
        }
        return [.. edits.Select(edit => new DeadLetterEdit(edit.Key, edit.Value))];
    }

    private static DeadLetterFilter Filter(SortedDictionary<DeadLetterKey, DeadLetter> model, Random random)
    {
        bool Now() => random.Next(3) == 0;
        return new DeadLetterFilter
        {
            Lane = Now() ? "kafka" : null,
            Stream = Now() ? $"s{random.Next(3)}" : null,
            EventKey = Now() ? $"k{random.Next(10)}" : null,
            Reason = Now() ? $"{random.Next(1500)}" : null,
            SinceUnixMs = Now() ? random.Next(1000) : null,
            UntilUnixMs = Now() ? random.Next(1000) : null,
            AttemptsMin = Now() ? random.Next(6) : null,
            Requeued = Now() ? model.Count % 2 == 0 : null,
        };
    }

    private static void Check(IDeadLetterProjection projection, SortedDictionary<DeadLetterKey, DeadLetter> model, DeadLetterFilter filter)
    {
        var matching = model.Where(pair => filter.Matches(pair.Value)).ToList();
        if (Keys(projection, filter) is { } keys)
        {
            Assert.Equal(matching.Select(pair => pair.Key), keys.Where(key => filter.Matches(model[key])));
            Assert.Equal(keys.Order().Distinct(), keys);
        }
        if (projection.Groups(filter) is { } groups)
        {
            Assert.Equal(
                matching.GroupBy(pair => (pair.Key.Lane, pair.Value.Stream, RefusalReason.ClassOf(pair.Value.Reason)))
                    .Select(group => (group.Key, (long)group.Count(), group.Sum(pair => (long)pair.Value.Bytes))).Order(),
                groups.GroupBy(group => (group.Lane!, group.Stream!, group.Reason!))
                    .Select(group => (group.Key, group.Sum(one => one.Count), group.Sum(one => one.Bytes))).Order());
        }
    }

    private static List<DeadLetterKey>? Keys(IDeadLetterProjection projection, DeadLetterFilter filter)
    {
        var all = new List<DeadLetterKey>();
        while (true)
        {
            if (projection.Keys(filter, all.Count > 0 ? all[^1] : null, 100) is not { } page)
            {
                return null;
            }
            all.AddRange(page);
            if (page.Count < 100)
            {
                return all;
            }
        }
    }

    private static DeadLetter Letter(DeadLetterKey key, string stream, string reason, long last, int attempts, long ticket = 0) => new()
    {
        Key = key,
        Stream = stream,
        EventKey = key.Sequence % 11 == 10 ? "" : $"k{key.Sequence % 11}",
        Reason = reason,
        Attempts = attempts,
        FirstUnixMs = 0,
        LastUnixMs = last,
        AcceptedUnixMs = 0,
        Bytes = 100 + (int)(key.Sequence % 50),
        Position = key.Sequence,
        IsCounted = true,
        Ticket = ticket,
    };

    /// <summary>One edit, which is not given before others have asked.</summary>
    private sealed class HeldEdits(ManualResetEventSlim writing, ManualResetEventSlim asked) : IReadOnlyList<DeadLetterEdit>
    {
        public int Count => 1;

        public DeadLetterEdit this[int index]
        {
            get
            {
                writing.Set();
                asked.Wait();
                return new DeadLetterEdit(Key(2), Letter(Key(2), "a", "no", 1, 1));
            }
        }

        public IEnumerator<DeadLetterEdit> GetEnumerator()
        {
            yield return this[0];
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
