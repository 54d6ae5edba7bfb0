using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Power;

/// <summary>
/// Loss of power while events become dead letters and letters are sent again; all of the node lies on the forgetful disk.
/// </summary>
public sealed class DeadLetterPowerCutTests(ITestOutputHelper output)
{
    private const int CallsMax = 30;

    /// <summary>Where nothing goes on any more, no call comes.</summary>
    private static readonly TimeSpan CallWithin = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(Names.Strict)]
    [InlineData(Names.Journal)]
    public async Task Power_cuts_around_dead_letters_and_requeues_lose_nothing_and_the_sum_holds(Names names)
    {
        var random = new Random(TestSeed.Read(output.WriteLine));
        await using var disk = await ForgetfulDisk.MountAsync(names);
        await using var downstream = await HttpDownstream.StartAsync();
        var campaign = new DeadLetterCampaign(output, random, downstream);
        await campaign.RunAsync(Path.Combine(disk.Path, "data"), Scale.PowerRounds, async node =>
        {
            await disk.CutAtAsync((Call)random.Next(4), 1 + random.Next(CallsMax), (Kept)random.Next(4), random.Next());
            output.WriteLine($"cut: {await disk.LossAsync(CallWithin)}");
            await node.KillAsync();
            await disk.RemountAsync();
        });
    }
}
