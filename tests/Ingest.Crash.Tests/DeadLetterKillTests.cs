using System.Net.Http.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>
/// The real executable, killed while it dead-letters and while it sends dead letters again: every event arrives or is a letter, none is
/// both for good, and the sums say so.
/// </summary>
public sealed class DeadLetterKillTests(ITestOutputHelper output)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Killed_around_dead_letters_and_requeues_nothing_is_lost_and_the_sum_holds()
    {
        using var directory = new TemporaryDirectory();
        await using var downstream = await HttpDownstream.StartAsync();
        var campaign = new DeadLetterCampaign(output, new Random(TestSeed.Read(output.WriteLine)), downstream);
        await campaign.RunAsync(directory["data"], Scale.DeadLetterRounds, node => node.KillAsync());
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
            await DeadLetterCampaign.PostAsync(node);
            await Poll.Until("all are letters", async () => await CountAsync(node) == DeadLetterCampaign.EventsPerRound);
            using var answer = await Http.PostAsJsonAsync(
                new Uri(setup.Admin, "/deadletters/drop"), new { all = true }, TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            await node.KillAsync();
        }
        using var last = await IngestProcess.StartReadyAsync(setup);
        await Poll.Until("everything is decided", () => DeadLetterCampaign.IsQuietAsync(last));

        Assert.Empty(await DeadLetterCampaign.LettersAsync(last));
        using var admin = new AdminClient(setup);
        var sum = (await admin.StatusAsync()).GetProperty("lanes")[0].GetProperty("sum");
        Assert.Equal(DeadLetterCampaign.EventsPerRound, sum.GetProperty("deadLettered").GetInt64());
        Assert.True(sum.GetProperty("balanced").GetBoolean(), sum.ToString());
        Assert.Equal(0, await last.StopAsync());
    }

    private static async Task<long> CountAsync(IngestProcess node)
    {
        using var admin = new AdminClient(node.Setup);
        return (await admin.StatusAsync()).GetProperty("deadLetters").GetProperty("count").GetInt64();
    }
}
