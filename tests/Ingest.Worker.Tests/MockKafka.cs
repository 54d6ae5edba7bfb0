using System.Diagnostics;

namespace Ingest.Worker.Tests;

/// <summary>librdkafka's mock cluster in a process of its own, for nodes in processes of their own.</summary>
internal sealed class MockKafka : IDisposable
{
    private readonly Process _process;

    private MockKafka(Process process, string bootstraps) => (_process, Bootstraps) = (process, bootstraps);

    internal string Bootstraps { get; }

    internal static MockKafka Start()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var path = Path.Combine(AppContext.BaseDirectory, "../../Ingest.MockCluster", configuration, "Ingest.MockCluster");
        var process = Process.Start(new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process.StandardOutput.ReadLine()?.Split(' ') is ["listening", var bootstraps]
            ? new MockKafka(process, bootstraps)
            : throw new InvalidOperationException("The mock cluster did not start.");
    }

    /// <summary>The end of its input is its end.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
