using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>Runs the real executable the way a shell does, and keeps what it says.</summary>
internal static class Cli
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    internal static Task<CliResult> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <summary>The words before a command that may have so many files open.</summary>
    internal static string[] Limited(int openFiles) => ["sh", "-c", $"ulimit -n {openFiles}; \"$@\"; exit $?", "sh"];

    /// <param name="openFiles">How many files the command may have open.</param>
    /// <param name="arguments">The words after <c>ingest</c>.</param>
    internal static Task<CliResult> RunLimitedAsync(int openFiles, string[] arguments) =>
        RunAsync([], [.. Limited(openFiles), SourceTree.Executable()], arguments);

    /// <param name="environment">Variables beside the test's own; <c>INGEST_</c> ones of the developer are taken out.</param>
    /// <param name="arguments">The words after <c>ingest</c>.</param>
    internal static Task<CliResult> RunAsync((string Name, string Value)[] environment, string[] arguments) =>
        RunAsync(environment, [SourceTree.Executable()], arguments);

    private static async Task<CliResult> RunAsync((string Name, string Value)[] environment, string[] command, string[] arguments)
    {
        var start = new ProcessStartInfo(command[0], command[1..].Concat(arguments))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("INGEST_", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new CliResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"ingest {string.Join(' ', arguments)} did not end within {Patience}.");
        }
    }
}

/// <summary>What a command said and how it ended.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    /// <summary>Both, for messages of failed assertions.</summary>
    internal string All => $"exit {ExitCode}\n{Output}\n{Error}";

    internal CliResult Is(int exitCode, string? output = null, string? error = null)
    {
        Assert.True(ExitCode == exitCode, All);
        Assert.True(output is null || Output.Contains(output, StringComparison.Ordinal), $"expected '{output}'\n{All}");
        Assert.True(error is null || Error.Contains(error, StringComparison.Ordinal), $"expected '{error}'\n{All}");
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        return this;
    }
}
