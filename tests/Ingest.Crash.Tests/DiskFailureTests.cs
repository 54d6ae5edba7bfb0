using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>A disk that fails under the log: nothing is acknowledged any more, the process ends, the next start has every 202.</summary>
public sealed class DiskFailureTests(ITestOutputHelper output)
{
    /// <summary>The call of the commit thread on the segment that fails: some requests have been answered before.</summary>
    private const int FailingCall = 40;

    [Theory]
    [InlineData("fdatasync", "EIO")]
    [InlineData("fdatasync", "EROFS")]
    [InlineData("fdatasync", "ENOSPC")]
    [InlineData("pwrite64", "EIO")]
    [InlineData("pwrite64", "ENOSPC")]
    public async Task A_failing_call_poisons_the_log_and_the_next_start_has_every_202(string call, string error)
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output, new LoadShape { Percent = (100, 0, 0) });
        var setup = rig.Setup;
        using (var first = await IngestProcess.StartReadyAsync(setup))
        {
            Assert.Equal(0, await first.StopAsync());
        }
        // Once only: a second flush would succeed and claim what the first one lost.
        var segment = Directory.GetFiles(Path.Combine(setup.Data, "wal"), "*.wal").Single();
        var log = rig.Beside("trace");
        rig.StartLoad();
        var failing = setup with { Wrapper = Tracer.Inject(log, call, $"error={error}:when={FailingCall}", segment) };
        using (var node = IngestProcess.Start(failing))
        {
            await Poll.Until("requests are accepted", () => rig.Client.Accepted > 0 || node.HasExited);
            var code = await node.ExitAsync();
            rig.Inject();
            await rig.StopLoadAsync();
            output.WriteLine($"exit code {code}; {string.Join(", ", rig.Journal.Attempts.CountBy(a => $"{a.Outcome} {a.Code}"))}");
            Assert.True(code is > 0 and < 128, $"exit code {code}\n{node.Output}");
        }
        var calls = File.ReadAllLines(log).Where(line => line.Contains(call, StringComparison.Ordinal)).ToList();
        var failed = calls.FindIndex(line => line.Contains("(INJECTED)", StringComparison.Ordinal));
        Assert.True(failed >= 0);
        Assert.True(failed == calls.Count - 1, $"The file was touched again after the failure:\n{string.Join('\n', calls[failed..])}");
        var attempts = rig.Journal.Attempts;
        Assert.Contains(attempts, attempt => attempt.Outcome == AttemptOutcome.Accepted);
        Assert.Contains(attempts, attempt => attempt.Code == "log_failed");
        Assert.All(attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Refused), attempt => Assert.Equal(503, attempt.Status));
        var firstFailure = attempts.Where(attempt => attempt.Code == "log_failed").Min(attempt => attempt.EndedAt);
        Assert.DoesNotContain(attempts, attempt => attempt.Outcome == AttemptOutcome.Accepted && attempt.SentAt > firstFailure);

        using var next = await IngestProcess.StartReadyAsync(setup);
        var report = await rig.DrainAndJudgeAsync(next);
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public async Task A_log_whose_file_is_deleted_under_load_acknowledges_nothing_sent_later()
    {
        await using var rig = new CrashRig(output, new LoadShape { Percent = (100, 0, 0) });
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        rig.StartLoad();
        await rig.AcceptsAsync(node, requests: 100);

        File.Delete(Directory.GetFiles(Path.Combine(rig.Setup.Data, "wal"), "*.wal").Single());
        var deleted = TimeProvider.System.GetTimestamp();

        var code = await node.ExitAsync();
        await rig.StopLoadAsync();
        Assert.True(code is > 0 and < 128, $"exit code {code}\n{node.Output}");
        Assert.Contains(".wal was deleted by somebody else", node.Output, StringComparison.Ordinal);
        Assert.Contains(rig.Journal.Attempts, attempt => attempt.Code == "log_failed");
        Assert.DoesNotContain(
            rig.Journal.Attempts, attempt => attempt.Outcome == AttemptOutcome.Accepted && attempt.SentAt > deleted);
    }
}
