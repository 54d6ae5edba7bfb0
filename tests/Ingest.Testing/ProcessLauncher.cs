using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ingest.Testing;

/// <summary>
/// Starts processes that do not outlive the tests: <c>setpriv --pdeathsig KILL</c> has the kernel kill them when their parent is gone.
/// </summary>
/// <remarks>
/// To the kernel the parent is the thread that forked, so all are started from one thread that lives as long as the test host; started
/// from a pool thread they would die whenever the pool retires it.
/// </remarks>
internal static class ProcessLauncher
{
    private static readonly BlockingCollection<(ProcessStartInfo Info, TaskCompletionSource<Process> Started)> Requests = new(64);
    private static readonly string? SetPriv =
        new[] { "/usr/bin/setpriv", "/bin/setpriv" }.FirstOrDefault(File.Exists);

    static ProcessLauncher() => new Thread(Run) { Name = "test-launcher", IsBackground = true }.Start();

    /// <summary>The words before a command that tie it to its parent's life; none where <c>setpriv</c> is missing.</summary>
    internal static IReadOnlyList<string> Leash { get; } = SetPriv is null ? [] : [SetPriv, "--pdeathsig", "KILL", "--"];

    /// <summary>Starts it with output redirected.</summary>
    internal static Process Start(IReadOnlyList<string> command, string workingDirectory, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var word in command.Skip(1))
        {
            info.ArgumentList.Add(word);
        }
        // A developer's own settings must not decide what is tested.
        foreach (var name in info.Environment.Keys.Where(name => name.StartsWith("INGEST_", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            info.Environment.Remove(name);
        }
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add((info, started));
        return started.Task.GetAwaiter().GetResult();
    }

    private static void Run()
    {
        foreach (var (info, started) in Requests.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(info) ?? throw new InvalidOperationException($"{info.FileName} did not start."));
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        }
    }
}
