using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>
/// The real executable, killed while it dead-letters and while it sends dead letters again: every event arrives or is a letter, none is
/// both for good, and the sums say so.
/// </summary>
public sealed class DeadLetterKillTests(ITestOutputHelper output)
{
    private const int EventsPerRound = 300;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Killed_around_dead_letters_and_requeues_nothing_is_lost_and_the_sum_holds()
    {
        var random = new Random(TestSeed.Read(output.WriteLine));
        using var directory = new TemporaryDirectory();
        await using var downstream = await HttpDownstream.StartAsync();
        var mended = false;
        downstream.Answer = request => !Volatile.Read(ref mended) && request.Sequences.Any(IsPoison)
            ? new DownstreamAnswer(422, "{\"detail\":\"poison\"}")
            : new DownstreamAnswer(204);
        var setup = new IngestSetup { Data = directory["data"], Sinks = ["http"] }.With(
            ("Drain:BalancerDelay", "0"),
            ("Publishing:CursorInterval", "20ms"),
            ("Sinks:http:BatchEventsMax", "40"),
            ("Sinks:http:WindowMax", "4"),
            ("Sinks:http:Url", downstream.Url.ToString()));
        var accepted = 0L;
        for (var round = 0; round < Scale.DeadLetterRounds; round++)
        {
            using var node = await IngestProcess.StartReadyAsync(setup);
            Volatile.Write(ref mended, false);
            accepted += await PostAsync(node);
            // Now and then some of the letters are sent again while others are still being made.
            await RequeueAsync(node);
            Volatile.Write(ref mended, random.Next(2) == 0);
            var enough = downstream.Taken.Count + random.Next(EventsPerRound);
            await Poll.Until("something went on", async () => downstream.Taken.Count >= enough || await IsQuietAsync(node));
            await node.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(setup);
        await Poll.Until("everything is decided", () => IsQuietAsync(last));
        await CheckAsync(last, accepted);
        Volatile.Write(ref mended, true);
        await RequeueAsync(last);
        await Poll.Until("no letter is left", async () => (await LettersAsync(last)).Count == 0 && await IsQuietAsync(last));
        await CheckAsync(last, accepted);
        // Starts after a kill pass numbers over: what counts is that every event arrived.
        var arrived = downstream.Taken.Distinct().Count();
        output.WriteLine(new ProofLine
        {
            Injections = Scale.DeadLetterRounds,
            Acknowledged = accepted,
            Lost = accepted - arrived,
            Twice = downstream.Taken.Count - arrived,
        }.ToString());
        Assert.Equal(accepted, arrived);
        Assert.Equal(0, await last.StopAsync());
    }

    [Fact]
    public async Task Letters_dropped_at_once_and_answered_stay_dropped_after_a_kill_and_their_sum_holds()
    {
        using var directory = new TemporaryDirectory();
        await using var downstream = await HttpDownstream.StartAsync();
        downstream.Answer = _ => new DownstreamAnswer(422, "{\"detail\":\"never\"}");
        var setup = new IngestSetup { Data = directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", downstream.Url.ToString()));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            await PostAsync(node);
            await Poll.Until("all are letters", async () => await CountAsync(node) == EventsPerRound);
            using var answer = await Http.PostAsJsonAsync(
                new Uri(setup.Admin, "/deadletters/drop"), new { all = true }, TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            await node.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(setup);
        await Poll.Until("everything is decided", () => IsQuietAsync(last));

        Assert.Empty(await LettersAsync(last));
        using var admin = new AdminClient(setup);
        var sum = (await admin.StatusAsync()).GetProperty("lanes")[0].GetProperty("sum");
        Assert.Equal(EventsPerRound, sum.GetProperty("deadLettered").GetInt64());
        Assert.True(sum.GetProperty("balanced").GetBoolean(), sum.ToString());
        Assert.Equal(0, await last.StopAsync());
    }

    private static async Task<long> CountAsync(IngestProcess node)
    {
        using var admin = new AdminClient(node.Setup);
        return (await admin.StatusAsync()).GetProperty("deadLetters").GetProperty("count").GetInt64();
    }

    private static bool IsPoison(long sequence) => sequence % 7 == 0;

    private static async Task<int> PostAsync(IngestProcess node)
    {
        using var response = await Http.PostAsJsonAsync(new Uri(node.Setup.Intake, "/v1/events"), Enumerable.Range(0, EventsPerRound));
        Assert.True(response.IsSuccessStatusCode, response.ToString());
        return EventsPerRound;
    }

    private static async Task RequeueAsync(IngestProcess node)
    {
        using var response = await Http.PostAsJsonAsync(new Uri(node.Setup.Admin, "/deadletters/requeue"), new { all = true });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<List<JsonElement>> LettersAsync(IngestProcess node)
    {
        var lines = await Http.GetStringAsync(new Uri(node.Setup.Admin, "/deadletters/export"));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    /// <summary>Nothing is pending, and no letter is on its way.</summary>
    private static async Task<bool> IsQuietAsync(IngestProcess node)
    {
        using var admin = new AdminClient(node.Setup);
        var status = await admin.StatusAsync();
        var letters = status.GetProperty("deadLetters");
        return status.GetProperty("lanes")[0].GetProperty("sum").GetProperty("pending").GetInt64() == 0
            && letters.GetProperty("requeued").GetInt64() == 0 && !letters.GetProperty("rebuilding").GetBoolean();
    }

    /// <summary>Accepted is what was posted, dead is what is listed, delivered is the rest.</summary>
    private static async Task CheckAsync(IngestProcess node, long accepted)
    {
        using var admin = new AdminClient(node.Setup);
        var letters = await LettersAsync(node);
        Assert.All(letters, letter => Assert.True(IsPoison(letter.GetProperty("sequence").GetInt64()), letter.ToString()));
        var told = "";
        async Task<bool> IsThatOfLettersAsync()
        {
            var sum = (await admin.StatusAsync()).GetProperty("lanes")[0].GetProperty("sum");
            told = sum.ToString();
            Assert.True(sum.GetProperty("balanced").GetBoolean(), told);
            return (Of("accepted"), Of("deadLettered"), Of("delivered")) == (accepted, letters.Count, accepted - letters.Count);

            long Of(string name) => sum.GetProperty(name).GetInt64();
        }
        try
        {
            await Poll.Until("the sum is that of the letters", IsThatOfLettersAsync);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {accepted} accepted, {letters.Count} letters, {told}", e);
        }
    }
}
