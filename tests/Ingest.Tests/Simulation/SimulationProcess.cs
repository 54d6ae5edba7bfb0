using System.Diagnostics;

namespace Ingest.Tests.Simulation;

/// <summary>The executable of the simulation, which takes over the thread pool of its process and needs one of its own.</summary>
internal static class SimulationProcess
{
    /// <summary>Runs it and returns its exit code and what it printed.</summary>
    internal static async Task<(int Code, string Output)> RunAsync(params object[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Ingest.Simulation"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add($"{argument}");
        }
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancel);
            var output = await process.StandardOutput.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
