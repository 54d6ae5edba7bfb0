using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A command of the real executable that ends by itself.</summary>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it complained about.</param>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs it to its end, within a minute.</summary>
    internal static Task<CommandRun> RunAsync(params string[] words) => RunAsync(Patience, words);

    /// <summary>Runs it to its end.</summary>
    internal static async Task<CommandRun> RunAsync(TimeSpan patience, params string[] words)
    {
        var start = new ProcessStartInfo(SourceTree.Executable(), words) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(patience, TimeProvider.System);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return new CommandRun(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"ingest {string.Join(' ', words)} did not end within {patience}.");
        }
    }
}
