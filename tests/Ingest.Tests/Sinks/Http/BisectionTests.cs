using System.Numerics;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;

namespace Ingest.Tests.Sinks.Http;

public sealed class BisectionTests
{
    [Fact]
    public async Task Exactly_the_guilty_are_rejected_in_order_and_within_the_bound()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var events = random.Next(1, 300);
            var guilty = Enumerable.Range(0, random.Next(0, 6)).Select(_ => random.Next(events)).ToHashSet();
            var (verdicts, sent, requests) = await RunAsync(events, guilty.Contains);
            Assert.All(Enumerable.Range(0, events), i => Assert.Equal(
                guilty.Contains(i) ? VerdictKind.Rejected : VerdictKind.Delivered, verdicts[i].Kind));
            Assert.Equal(Enumerable.Range(0, events).Where(i => !guilty.Contains(i)), sent);
            var halvings = BitOperations.Log2((uint)events) + 1;
            Assert.InRange(requests, 1, 1 + (2 * halvings * guilty.Count));
        }
    }

    [Fact]
    public async Task One_guilty_of_a_thousand_takes_about_one_and_a_half_requests_a_halving()
    {
        var most = 0;
        for (var guilty = 0; guilty < 1000; guilty++)
        {
            most = Math.Max(most, (await RunAsync(1000, i => i == guilty)).Requests);
        }
        Assert.InRange(most, 11, 21);
    }

    [Fact]
    public async Task When_all_are_guilty_no_more_than_two_requests_an_event_are_sent()
    {
        var (verdicts, _, requests) = await RunAsync(1000, _ => true);
        Assert.All(verdicts, verdict => Assert.Equal(VerdictKind.Rejected, verdict.Kind));
        Assert.InRange(requests, 1000, 1999);
    }

    [Fact]
    public async Task Too_large_a_whole_says_nothing_of_its_halves()
    {
        var sizes = new List<int>();
        var verdicts = new SinkVerdict[16];
        await Bisection.RunAsync(verdicts, (_, count) =>
        {
            sizes.Add(count);
            return new(count > 4 ? new HttpAnswer(Rejected, IsTooLarge: true) : new HttpAnswer(SinkVerdict.Delivered));
        });
        Assert.Equal([16, 8, 4, 4, 8, 4, 4], sizes);
        Assert.All(verdicts, verdict => Assert.Equal(VerdictKind.Delivered, verdict.Kind));
    }

    [Theory]
    [InlineData(VerdictKind.Retryable)]
    [InlineData(VerdictKind.Congested)]
    [InlineData(VerdictKind.Blocked)]
    public async Task What_may_pass_ends_it_and_nothing_behind_is_sent(VerdictKind kind)
    {
        var verdicts = new SinkVerdict[100];
        var furthest = 0;
        var whole = await Bisection.RunAsync(verdicts, (start, count) =>
        {
            furthest = Math.Max(furthest, start + count);
            // Event 3 is guilty; the other side fails when it is asked for anything from 50 on alone.
            return new(new HttpAnswer(start >= 50 ? new SinkVerdict(kind, "no") : start <= 3 && start + count > 3 ? Rejected : default));
        });
        Assert.False(whole);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(i == 3 ? VerdictKind.Rejected : VerdictKind.Delivered, verdicts[i].Kind));
        Assert.All(Enumerable.Range(50, 50), i => Assert.Equal(kind, verdicts[i].Kind));
    }

    private static SinkVerdict Rejected => new(VerdictKind.Rejected, "no");

    private static async Task<(SinkVerdict[] Verdicts, List<int> Sent, int Requests)> RunAsync(int events, Func<int, bool> isGuilty)
    {
        var (verdicts, sent, requests) = (new SinkVerdict[events], new List<int>(), 0);
        Assert.True(await Bisection.RunAsync(verdicts, (start, count) =>
        {
            requests++;
            var part = Enumerable.Range(start, count).ToList();
            if (part.Exists(index => isGuilty(index)))
            {
                return new(new HttpAnswer(Rejected));
            }
            sent.AddRange(part);
            return new(new HttpAnswer(SinkVerdict.Delivered));
        }));
        return (verdicts, sent, requests);
    }
}
