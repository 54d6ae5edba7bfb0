using System.Diagnostics;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Probing;

/// <summary>
/// Producers at a fixed rate, or at 0 as fast as answers come, for as long as it lives: <c>ingest bench</c>, a process of its own, so that
/// what is measured is the node and not the pauses of who measures.
/// </summary>
internal sealed class BenchLoad : IDisposable
{
    private readonly Process _bench;

    internal BenchLoad(IngestSetup setup, int rate)
    {
        string[] words =
        [
            "bench", setup.Intake.ToString(), "--rate", rate.ToString(CultureInfo.InvariantCulture), "--duration", "1h",
            "--connections", "64",
        ];
        _bench = Process.Start(
            new ProcessStartInfo(SourceTree.Executable(), words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _bench.BeginOutputReadLine();
        _bench.BeginErrorReadLine();
    }

    public void Dispose()
    {
        _bench.Kill();
        _bench.WaitForExit();
        _bench.Dispose();
    }
}
