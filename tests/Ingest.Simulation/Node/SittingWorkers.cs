using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Ingest.Simulation.Node;

/// <summary>
/// A sitting in several processes, each with seeds of its own: a history takes one core, and one process runs one history at a time.
/// </summary>
internal static class SittingWorkers
{
    /// <summary>Runs so many histories from a seed on and prints what they came to together.</summary>
    /// <returns>0: all held. 1: a worker met one that did not, and printed it.</returns>
    internal static int Run(int count, int first, int workers)
    {
        var began = Stopwatch.GetTimestamp();
        var runs = new (int Code, string Printed)[Math.Clamp(workers, 1, Math.Max(count, 1))];
        // Threads of their own: a worker is waited for by reading it to its end.
        var threads = Enumerable.Range(0, runs.Length).Select(worker => new Thread(() =>
        {
            var (from, to) = ((long)count * worker / runs.Length, (long)count * (worker + 1) / runs.Length);
            runs[worker] = RunOne(to - from, first + from);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var sums = new SittingSums();
        foreach (var (code, printed) in runs)
        {
            // Behind the figures of a worker that failed stands what failed.
            sums.Add(code == 0 ? printed : printed.Split('\n')[0]);
            Console.Write(code == 0 ? "" : printed);
        }
        Console.WriteLine(sums.Describe(first));
        Console.WriteLine(Summary(sums, count, first, runs, Stopwatch.GetElapsedTime(began)));
        return runs.All(run => run.Code == 0) ? 0 : 1;
    }

    // A worker ends with the first history that does not hold; those behind it are not run.
    private static string Summary(SittingSums sums, int count, int first, (int Code, string Printed)[] runs, TimeSpan took)
    {
        var failed = runs.Count(run => run.Code != 0);
        var (rest, seed) = sums.Slowest;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{count} histories of seeds {first} to {(long)first + count - 1} at commit {Commit()}: {sums.Histories} held, "
            + $"{failed} failed, {count - sums.Histories - failed} not run; {runs.Length} processes took {took.TotalSeconds:F0} s, "
            + $"{sums.Rate:F0} histories a second of processor time; "
            + $"slowest rest {rest.TotalSeconds:F1} s of {NodeHistory.RestMax.TotalSeconds:F0} s, seed {seed}");
    }

    private static (int Code, string Printed) RunOne(long count, long first)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in (string[])["run", $"{count}", $"{first}"])
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, printed);
    }

    // What the build was made of; a build of changed files has the commit they were changed from.
    private static string Commit()
    {
        var version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return version?.Split('+') is [_, var commit] ? commit[..Math.Min(commit.Length, 7)] : "unknown";
    }
}
