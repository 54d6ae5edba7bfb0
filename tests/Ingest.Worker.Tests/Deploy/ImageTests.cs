using System.Diagnostics;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Deploy;

/// <summary>The built executable where no container engine answers, in the file system of its runtime image.</summary>
[Collection(Alone.Name)]
public sealed class ImageTests(ITestOutputHelper output)
{
    private const int Skipped = 77;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task It_delivers_to_Kafka_with_nothing_but_what_the_image_has()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "Needs Linux and bash.");
        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(SourceTree.Root, "checks/image.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["INTAKE_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        start.Environment["ADMIN_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            var (said, wrong) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            Assert.SkipWhen(process.ExitCode == Skipped, (await said).Trim());
            var all = await said + await wrong;
            output.WriteLine(all);
            Assert.True(process.ExitCode == 0, all);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"checks/image.sh did not end within {Patience}.");
        }
    }
}
