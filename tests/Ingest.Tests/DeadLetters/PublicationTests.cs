using System.Globalization;
using System.Text;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Publication;
using Ingest.DeadLetters.Storage;
using Ingest.Events;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Sinks;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Tests.DeadLetters;

/// <summary>Dead letters that are published beside being kept.</summary>
public sealed class PublicationTests
{
    [Fact]
    public async Task A_letter_is_published_whole_with_who_refused_it_and_why_and_once()
    {
        var published = new PublishedDeadLetters();
        await using var fixture = new DeadLettersFixture { PublishTo = published.Sink };
        fixture.Refuses = seen => seen.Key == "k" ? "HTTP 400: nein ä" : null;
        fixture.Start();
        fixture.Log.AppendMany(9);
        fixture.Log.Append("{\"n\":10}", "k", "orders", "id-1", attributes: TestEvents.Attributes(("ce_type", "t")));
        await fixture.Settled();
        await published.Count(1);

        var letter = Assert.Single(await fixture.List());
        var copy = Assert.Single(published.All);
        Assert.Equal(("{\"n\":10}", "k", "orders", "id-1", "t"), (copy.Payload, copy.Key, copy.Stream, copy.Id, copy["ce_type"]));
        Assert.Equal(($"{fixture.Log.Log.Id:N}-10", "10", "test", "HTTP 400: nein ä", "1"), (
            copy["ingest-dead-id"], copy["ingest-dead-seq"], copy["ingest-dead-lane"], copy["ingest-dead-reason"],
            copy["ingest-dead-attempts"]));
        Assert.Equal((letter.FirstUnixMs, letter.LastUnixMs), (UnixMs(copy["ingest-dead-first"]), UnixMs(copy["ingest-dead-last"])));

        await fixture.RestartAsync();
        fixture.Log.Append("{\"n\":11}", "k");
        await published.Count(2);
        Assert.Equal(["{\"n\":10}", "{\"n\":11}"], published.All.Select(each => each.Payload));
        await Poll.Until("it is counted", () => fixture.Letters.Status.Publication is { Delivered: 2, DeadLettered: 0 });
    }

    [Fact]
    public async Task What_was_refused_before_anybody_wanted_it_published_is_not_published()
    {
        var published = new PublishedDeadLetters();
        await using var fixture = new DeadLettersFixture { Refuses = seen => seen.Sequence <= 2 ? "no" : null };
        await fixture.StartAndSettleAsync(1);
        fixture.PublishTo = published.Sink;
        await fixture.RestartAsync();
        fixture.Log.AppendMany(1);
        await published.Count(1);
        Assert.Equal("2", Assert.Single(published.All)["ingest-dead-seq"]);
    }

    [Fact]
    public async Task A_publication_that_is_away_holds_up_nobody_and_makes_up_for_it()
    {
        var published = new PublishedDeadLetters { Verdict = new SinkVerdict(VerdictKind.Retryable, "away") };
        await using var fixture = new DeadLettersFixture
        {
            Refuses = seen => seen.Sequence % 2 == 0 ? "no" : null,
            PublishTo = published.Sink,
        };
        fixture.Start();
        fixture.Log.AppendMany(20);
        await fixture.Settled();
        Assert.Equal((10, 10), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        fixture.Refuses = _ => null;
        await fixture.Requeue(20);
        await fixture.Accounts(delivered: 11, dead: 9);

        await fixture.RestartAsync();
        published.Verdict = SinkVerdict.Delivered;

        await Poll.Until("all are published", () => published.All.Count >= 10);
        Assert.Equal(
            Enumerable.Range(1, 10).Select(n => $"{2 * n}").ToHashSet(), published.All.Select(copy => copy["ingest-dead-seq"]).ToHashSet());
    }

    [Fact]
    public async Task A_publication_that_cannot_begin_says_since_when_a_letter_waits()
    {
        var published = new PublishedDeadLetters { Opening = new SinkVerdict(VerdictKind.Blocked, "no such topic") };
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no", PublishTo = published.Sink };
        fixture.Log.NowUnixMs = TimeProvider.System.GetUtcNow().AddMinutes(-10).ToUnixTimeMilliseconds();
        fixture.Start();
        fixture.Log.AppendMany(1);
        await fixture.Settled();
        await Poll.Until("it shows", () => fixture.Letters.Status.Publication is { State: LaneState.Blocked, LagSeconds: > 500 });
    }

    [Fact]
    public async Task A_letter_that_is_refused_there_as_well_is_kept_and_counted()
    {
        var published = new PublishedDeadLetters { Verdict = new SinkVerdict(VerdictKind.Rejected, "too large here too") };
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no", PublishTo = published.Sink };
        fixture.Start();
        fixture.Log.AppendMany(3);
        await fixture.Settled();
        await Poll.Until("it is known", () => fixture.Letters.Status.Publication is { Delivered: 0, DeadLettered: 3 });
        Assert.Equal([1L, 2, 3], await fixture.Sequences());
    }

    [Fact]
    public void A_moved_letter_that_was_published_makes_no_event_and_any_other_does()
    {
        var letter = new DeadLetter
        {
            Key = new DeadLetterKey(7, "http"),
            Stream = "default",
            EventKey = "",
            Reason = "no",
            Attempts = 1,
            FirstUnixMs = 1,
            LastUnixMs = 2,
            AcceptedUnixMs = 0,
            Bytes = 0,
            Position = 1,
            IsCounted = false,
        };
        var body = TestEvents.Body("{}");
        var events = new DeadLetterEvents(_ => Guid.NewGuid());
        foreach (var isPublished in new[] { true, false })
        {
            using var batch = RecordBatch.Rent();
            DeadLetterRecordWriter.WriteMoved(batch, letter, isPublished, body);
            var record = Record(batch);
            Assert.True(DeadLetterRecord.TryRead(record, out var read));
            Assert.Equal((false, isPublished), (read.IsCounted, read.IsPublished));
            Assert.Equal(!isPublished, events.TryMake(record, out _));
        }
        using var other = RecordBatch.Rent();
        DeadLetterRecordWriter.WriteKeys(other, DeadLetterRecordKind.Dropped, "http", 0, [7]);
        Assert.False(events.TryMake(Record(other), out _));
    }

    [Fact]
    public void Attributes_that_no_longer_fit_make_room_for_what_the_letter_says()
    {
        var large = TestEvents.Attributes(("ce_large", new string('x', 65_500)));
        var extra = TestEvents.Attributes(("a", new string('y', 40)));
        foreach (var (own, kept) in new[] { (large, false), (TestEvents.Attributes(("ce_small", "s")), true), ([], true) })
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            EventEncoder.WriteWithAttributes(output, TestEvents.Body("{\"p\":1}", "k", id: "i", attributes: own), extra);
            Assert.True(StoredEvent.TryRead(1, output.WrittenMemory, out var stored));
            Assert.Equal(40, stored.Attributes.Find("a"u8).Length);
            Assert.Equal(kept && own.Length > 0, !stored.Attributes.Find("ce_small"u8).IsEmpty);
            Assert.True(stored.Attributes.Find("ce_large"u8).IsEmpty);
            Assert.Equal("{\"p\":1}", Encoding.UTF8.GetString(stored.Payload.Span));
            Assert.Equal(("k", "i"), (Encoding.UTF8.GetString(stored.Key), Encoding.UTF8.GetString(stored.Id)));
        }
    }

    private static ReadOnlySpan<byte> Record(RecordBatch batch) =>
        batch.Frames.Slice(FrameHeader.Bytes, (int)BitConverter.ToUInt32(batch.Frames));

    private static long UnixMs(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    /// <summary>What was published, by whichever of the sinks of one test.</summary>
    private sealed class PublishedDeadLetters
    {
        private readonly Lock _lock = new();
        private readonly List<Copy> _copies = [];

        internal SinkVerdict Verdict { get; set; } = SinkVerdict.Delivered;

        internal SinkVerdict Opening { get; init; } = SinkVerdict.Delivered;

        internal IReadOnlyList<Copy> All
        {
            get
            {
                lock (_lock)
                {
                    return [.. _copies];
                }
            }
        }

        internal ISink Sink(Guid log) => new CopyingSink(this);

        internal Task Count(int copies) => Poll.Until($"{copies} are published", () => All.Count == copies);

        private SinkResult Take(EventBatch batch)
        {
            lock (_lock)
            {
                for (var i = 0; i < batch.Count && Verdict.Kind == VerdictKind.Delivered; i++)
                {
                    _copies.Add(new Copy(batch[i]));
                }
                return new SinkResult(Verdict);
            }
        }

        private sealed class CopyingSink(PublishedDeadLetters letters) : ISink
        {
            public SinkTraits Traits { get; } = new();

            public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => ValueTask.FromResult(letters.Opening);

            public ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel) => ValueTask.FromResult(letters.Take(batch));

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class Copy
    {
        private readonly Dictionary<string, string> _attributes = [];

        internal Copy(StoredEvent stored)
        {
            (Payload, Key) = (Encoding.UTF8.GetString(stored.Payload.Span), Encoding.UTF8.GetString(stored.Key));
            (Stream, Id) = (Encoding.UTF8.GetString(stored.Stream), Encoding.UTF8.GetString(stored.Id));
            foreach (var attribute in stored.Attributes)
            {
                _attributes[Encoding.UTF8.GetString(attribute.Name)] = Encoding.UTF8.GetString(attribute.Value);
            }
        }

        internal string Payload { get; }

        internal string Key { get; }

        internal string Stream { get; }

        internal string Id { get; }

        internal string this[string name] => _attributes[name];
    }
}
