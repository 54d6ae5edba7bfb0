using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>
/// A node that dead-letters one event in seven, or sends its letters again, whenever its end comes; afterwards every event arrives or is a
/// letter, none is both for good, and the sums say so.
/// </summary>
internal sealed class DeadLetterCampaign(ITestOutputHelper output, Random random, HttpDownstream downstream)
{
    internal const int EventsPerRound = 300;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private bool _mended;
    private long _accepted;

    /// <summary>Ends <paramref name="rounds"/> nodes by <paramref name="end"/>, and judges what the last one makes of it.</summary>
    internal async Task RunAsync(string data, int rounds, Func<IngestProcess, Task> end)
    {
        downstream.Answer = request => !Volatile.Read(ref _mended) && request.Sequences.Any(IsPoison)
            ? new DownstreamAnswer(422, "{\"detail\":\"poison\"}")
            : new DownstreamAnswer(204);
        var setup = new IngestSetup { Data = data, Sinks = ["http"] }.With(
            ("Drain:BalancerDelay", "0"),
            ("Publishing:CursorInterval", "20ms"),
            ("Sinks:http:BatchEventsMax", "40"),
            ("Sinks:http:WindowMax", "4"),
            ("Sinks:http:Url", downstream.Url.ToString()));
        for (var round = 0; round < rounds; round++)
        {
            await LiveAsync(setup, end);
        }
        using var last = await IngestProcess.StartReadyAsync(setup);
        await Poll.Until("everything is decided", () => IsQuietAsync(last));
        await CheckAsync(last);
        Volatile.Write(ref _mended, true);
        await RequeueAsync(last);
        await Poll.Until("no letter is left", async () => (await LettersAsync(last)).Count == 0 && await IsQuietAsync(last));
        await CheckAsync(last);
        // Starts after a kill pass numbers over: what counts is that every event arrived.
        var arrived = downstream.Taken.Distinct().Count();
        output.WriteLine(new ProofLine
        {
            Injections = rounds,
            Acknowledged = _accepted,
            Lost = _accepted - arrived,
            Twice = downstream.Taken.Count - arrived,
        }.ToString());
        Assert.Equal(_accepted, arrived);
        Assert.Equal(0, await last.StopAsync());
    }

    internal static async Task<int> PostAsync(IngestProcess node)
    {
        using var response = await Http.PostAsJsonAsync(new Uri(node.Setup.Intake, "/v1/events"), Enumerable.Range(0, EventsPerRound));
        Assert.True(response.IsSuccessStatusCode, response.ToString());
        return EventsPerRound;
    }

    internal static async Task<List<JsonElement>> LettersAsync(IngestProcess node)
    {
        var lines = await Http.GetStringAsync(new Uri(node.Setup.Admin, "/deadletters/export"));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    /// <summary>Nothing is pending in any lane, and no letter is on its way.</summary>
    internal static async Task<bool> IsQuietAsync(IngestProcess node)
    {
        using var admin = new AdminClient(node.Setup);
        var status = await admin.StatusAsync();
        var letters = status.GetProperty("deadLetters");
        return status.GetProperty("lanes").EnumerateArray().All(lane => lane.GetProperty("sum").GetProperty("pending").GetInt64() == 0)
            && letters.GetProperty("requeued").GetInt64() == 0 && !letters.GetProperty("rebuilding").GetBoolean();
    }

    private async Task LiveAsync(IngestSetup setup, Func<IngestProcess, Task> end)
    {
        using var node = await IngestProcess.StartReadyAsync(setup);
        Volatile.Write(ref _mended, false);
        _accepted += await PostAsync(node);
        // Now and then some of the letters are sent again while others are still being made.
        await RequeueAsync(node);
        Volatile.Write(ref _mended, random.Next(2) == 0);
        var enough = downstream.Taken.Count + random.Next(EventsPerRound);
        await Poll.Until("something went on", async () => downstream.Taken.Count >= enough || await IsQuietAsync(node));
        await end(node);
    }

    private static bool IsPoison(long sequence) => sequence % 7 == 0;

    private static async Task RequeueAsync(IngestProcess node)
    {
        using var response = await Http.PostAsJsonAsync(new Uri(node.Setup.Admin, "/deadletters/requeue"), new { all = true });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Accepted is what was posted, dead is what is listed, delivered is the rest.</summary>
    private async Task CheckAsync(IngestProcess node)
    {
        using var admin = new AdminClient(node.Setup);
        var told = "";
        async Task<bool> IsThatOfLettersAsync()
        {
            // Each time: events that were refused a moment ago become letters meanwhile.
            var letters = await LettersAsync(node);
            Assert.All(letters, letter => Assert.True(IsPoison(letter.GetProperty("sequence").GetInt64()), letter.ToString()));
            var status = await admin.StatusAsync();
            var sum = status.GetProperty("lanes")[0].GetProperty("sum");
            told = $"{letters.Count} letters, {sum}, {status.GetProperty("deadLetters")}";
            Assert.True(sum.GetProperty("balanced").GetBoolean(), told);
            return (Of("accepted"), Of("deadLettered"), Of("delivered")) == (_accepted, letters.Count, _accepted - letters.Count);

            long Of(string name) => sum.GetProperty(name).GetInt64();
        }
        try
        {
            await Poll.Until("the sum is that of the letters", IsThatOfLettersAsync);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {_accepted} accepted, {told}", e);
        }
    }
}
