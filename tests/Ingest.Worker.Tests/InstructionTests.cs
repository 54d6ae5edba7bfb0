using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>The hot pieces, counted in instructions: what time on a busy machine does not show.</summary>
public sealed class InstructionTests(ITestOutputHelper output)
{
    private const int Skipped = 77;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task No_hot_piece_takes_three_percent_more_instructions_than_its_baseline()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "Needs Linux and bash.");
        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(SourceTree.Root, "tests/Ingest.Benchmarks/instructions.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BUILT"] = "1";
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            var (said, wrong) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            var all = await said + await wrong;
            Assert.SkipWhen(process.ExitCode == Skipped, all.Trim());
            output.WriteLine(all);
            Assert.True(process.ExitCode == 0, all);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"instructions.sh did not end within {Patience}.");
        }
    }
}
