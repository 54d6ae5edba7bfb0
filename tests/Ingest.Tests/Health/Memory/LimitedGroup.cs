using System.Diagnostics;
using Ingest.Health.Memory;
using Ingest.Testing;

namespace Ingest.Tests.Health.Memory;

/// <summary>A control group of its own with a memory limit, below the one the tests run in, for a child process of a test.</summary>
internal sealed class LimitedGroup : IAsyncDisposable
{
    private readonly string _path;
    private readonly int _version;

    // Reclaiming what is over a lowered limit takes the kernel more than one try.
    private const int LimitTries = 20;

    private LimitedGroup(string path, int version) => (_path, _version) = (path, version);

    /// <summary>Bytes charged to the group, page cache and all.</summary>
    internal static long Usage(ControlGroup group) =>
        new KernelFiles().Number(group.Path + (group.Version == 1 ? "/memory.usage_in_bytes" : "/memory.current")) ?? 0;

    /// <summary>What joins it: a process that writes its own number here.</summary>
    internal string Processes => Path.Combine(_path, "cgroup.procs");

    /// <summary>Bytes charged to it, page cache and all.</summary>
    internal long Used => new KernelFiles().Number(_path + (_version == 1 ? "/memory.usage_in_bytes" : "/memory.current")) ?? 0;

    /// <summary>How many processes of the group the kernel has killed.</summary>
    internal long Killed => KernelFiles.Value(
        new KernelFiles().Text(_path + (_version == 1 ? "/memory.oom_control" : "/memory.events")), "oom_kill") ?? -1;

    /// <summary>Null with the reason where this machine or user does not allow it.</summary>
    internal static LimitedGroup? TryCreate(long limit, out string reason)
    {
        reason = "No control group with the memory controller is mounted.";
        foreach (var group in ControlGroup.Find(new KernelFiles()))
        {
            var parent = group.Version == 1 ? group.Path : Delegating(group);
            var file = group.Version == 1 ? "memory.limit_in_bytes" : "memory.max";
            if (parent is null || !File.Exists(Path.Combine(parent, group.Version == 1 ? file : "cgroup.procs")))
            {
                continue;
            }
            var path = Path.Combine(parent, "ingest-test-" + Guid.NewGuid().ToString("N")[..8]);
            try
            {
                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Combine(path, file), limit.ToString());
                return new LimitedGroup(path, group.Version);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                reason = $"A control group cannot be made here: {e.Message}";
                if (Directory.Exists(path))
                {
                    Directory.Delete(path);
                }
            }
        }
        return null;
    }

    /// <summary>Sets another limit, above what cannot be reclaimed.</summary>
    internal void Limit(long bytes)
    {
        var file = Path.Combine(_path, _version == 1 ? "memory.limit_in_bytes" : "memory.max");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                File.WriteAllText(file, bytes.ToString());
                return;
            }
            catch (IOException) when (attempt < LimitTries)
            {
                // Busy: there is more to reclaim.
            }
        }
    }

    /// <summary>Runs a program inside, from its first instruction on.</summary>
    internal async Task<(int ExitCode, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] line = ["-c", "echo $$ > \"$0\" && exec \"$@\"", Processes, program, .. arguments];
        foreach (var argument in line)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Waits until the kernel has noticed that the processes are gone.</summary>
    public async ValueTask DisposeAsync() =>
        await Poll.Until("the control group is removed", () =>
        {
            try
            {
                Directory.Delete(_path);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        });

    // In version 2 only a group without processes hands controllers down: ours is made beside the one the tests run in, or higher up.
    private static string? Delegating(ControlGroup group) =>
        group.Upwards().FirstOrDefault(path =>
            new KernelFiles().Text(path + "/cgroup.subtree_control")?.Split(' ', '\n').Contains("memory") == true);
}
