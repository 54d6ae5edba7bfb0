using System.Buffers;
using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Operations.Attention;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Tests.Architecture;
using Ingest.Tests.Operations.Status;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Operations.Attention;

public sealed class AttentionTests : IDisposable
{
    private readonly NodeFixture _node = new();

    public AttentionTests() => _node.Gate.Open(RefusalCode.Starting);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_node_that_is_well_needs_none()
    {
        _node.Lanes = [Well()];

        // The fixture has a cursor without a sink, always.
        Assert.Equal(["orphan"], _node.Status.Read().Attention.Select(item => item.Code));
    }

    [Fact]
    public void What_is_wrong_keeps_its_beginning_until_it_is_well_again()
    {
        var began = _node.Time.GetUtcNow();
        Fail();
        Assert.Equal(began, Failing().Since);
        _node.Time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(began, Failing().Since);

        _node.Lanes = [Well()];
        Assert.DoesNotContain(_node.Status.Read().Attention, item => item.Code == "lane_failing");
        _node.Time.Advance(TimeSpan.FromSeconds(10));
        Fail();
        Assert.Equal(began.AddSeconds(100), Failing().Since);
    }

    [Fact]
    public void A_lane_that_waits_says_why_and_when_it_tries_again()
    {
        Fail();

        var item = Failing();

        Assert.Equal(("bad", "a", 7.5, "It tries again."), (item.Severity, item.Subject, item.NextSeconds, item.Next));
        Assert.Contains("connection refused", item.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lane_tells_since_when_it_is_in_its_state()
    {
        var began = _node.Time.GetUtcNow();
        Fail();
        _ = _node.Status.Read();
        _node.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(began, _node.Status.Read().Lanes[0].StateSince);
        _node.Lanes = [Well()];
        Assert.Equal(began.AddSeconds(5), _node.Status.Read().Lanes[0].StateSince);
    }

    [Fact]
    public void A_sink_that_is_not_reached_is_told_while_events_wait_since_its_first_failure_and_in_its_words()
    {
        var since = _node.Time.GetUtcNow().AddSeconds(-4);
        var lane = Well() with
        {
            Name = "a",
            State = LaneState.Delivering,
            PendingEvents = 1234,
            LagSeconds = 4.5,
            Trouble = new ConnectionTrouble(since, "Connection refused"),
        };
        _node.Lanes = [lane with { LagSeconds = 0.5 }];
        Assert.DoesNotContain(_node.Status.Read().Attention, item => item.Subject == "a");

        _node.Lanes = [lane];
        var status = _node.Status.Read();

        Assert.Equal((since, "Connection refused"), (status.Lanes[0].UnreachableSince, status.Lanes[0].Reason));
        var item = Failing();
        Assert.Equal(("bad", "a", since), (item.Severity, item.Subject, item.Since));
        Assert.Contains("1234 events wait: Connection refused", item.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(11, 2.9, 1500, true)]
    [InlineData(61, 1, 20, true)]
    [InlineData(9, 2.9, 1500, false)]
    [InlineData(299, 16, 20, false)]
    [InlineData(59, 1, 20, false)]
    public void A_lane_that_is_behind_a_slow_sink_says_how_slow_and_one_that_catches_up_does_not(
        double lagSeconds, double window, double roundTripMs, bool isSlow)
    {
        _node.Lanes =
        [
            Well() with
            {
                Name = "a",
                State = LaneState.Delivering,
                LagSeconds = lagSeconds,
                Window = window,
                RoundTripMs = roundTripMs,
                PendingEvents = 1234,
            },
        ];

        var items = _node.Status.Read().Attention.Where(item => item.Subject == "a").ToList();

        Assert.Equal(isSlow ? ["lane_slow"] : [], items.Select(item => item.Code));
        Assert.All(items, item => Assert.Contains($"a batch takes {roundTripMs / 1000:0.0} s", item.What, StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_of_few_events_is_not_full_soon_because_its_files_are_made_ahead_of_use()
    {
        _node.Lanes = [Well()];
        _ = _node.Status.Read();
        for (var count = 1; count <= 10; count++)
        {
            Commit("x"u8);
            _node.Time.Advance(TimeSpan.FromMilliseconds(50));
            _node.Lanes = [Well() with { PendingEvents = count }];
            Assert.DoesNotContain(_node.Status.Read().Attention, item => item.Code == "log_filling");
        }
    }

    [Fact]
    public void Everything_that_can_be_wrong_is_said_once_the_worst_first_with_a_section_that_is_there()
    {
        Fail();
        _node.Lanes =
        [
            .. _node.Lanes,
            Well() with { Name = "b", State = LaneState.Blocked, Reason = "401", NextTrySeconds = 20 },
            Well() with { Name = "c", LagSeconds = 400, PendingEvents = 5 },
            Well() with { Name = "d", ParkedEvents = 3 },
            Well() with { Name = "e", Settled = 7 },
        ];
        _node.Letters = new DeadLetterStatus(190_000, 200_000, 0, 1024, 0, null, false, 2, "no room", []);
        _node.Gate.Close(RefusalCode.DiskPressure, "The disk is full.");
        _node.Gate.Close(RefusalCode.MemoryPressure, "Memory is short.");
        _node.Drain = _node.Drain with { Phase = DrainPhase.Delivering, Remaining = TimeSpan.FromSeconds(9) };

        var items = _node.Status.Read().Attention;

        Assert.Equal(
            [
                "backlog_old", "dead_letters_failed", "dead_letters_full", "dead_letters_lost", "disk_pressure", "draining",
                "events_parked", "lane_blocked", "lane_failing", "memory_pressure", "not_balanced", "orphan",
            ],
            items.Select(item => item.Code).Distinct().Order());
        Assert.Equal(items.Select(item => item.Severity).Order(StringComparer.Ordinal), items.Select(item => item.Severity));
        Assert.Equal(9, items.Single(item => item.Code == "draining").NextSeconds);
        var handbook = string.Join('\n', Repository.Lines("docs/operating.md"));
        Assert.All(items, item =>
        {
            var anchor = item.Section["docs/operating.md#".Length..];
            Assert.True(
                handbook.Contains($"id=\"{anchor}\"", StringComparison.Ordinal)
                || handbook.Split('\n').Any(line => line.StartsWith('#')
                    && line.TrimStart('#', ' ').Replace(' ', '-').Equals(anchor, StringComparison.OrdinalIgnoreCase)),
                item.Section);
        });
    }

    private static LaneStatus Well() => LaneAccountingTests.Lane(start: 0, settled: 0) with
    {
        State = LaneState.Idle,
        Breaker = BreakerState.Closed,
        Reason = "",
        LagSeconds = 0,
        PendingEvents = 0,
    };

    private void Commit(ReadOnlySpan<byte> body)
    {
        using var batch = RecordBatch.Rent();
        batch.BeginRecord();
        batch.Write(body);
        batch.EndRecord();
        Assert.True(_node.Log.TryAdd(batch, out _));
        Assert.Equal(CommitOutcome.Committed, _node.Log.Commit(0));
    }

    private AttentionItem Failing() => _node.Status.Read().Attention.Single(item => item.Code == "lane_failing");

    private void Fail() => _node.Lanes =
    [
        Well() with
        {
            Name = "a",
            State = LaneState.Open,
            Breaker = BreakerState.Open,
            Reason = "connection refused",
            NextTrySeconds = 7.5,
        },
    ];
}
