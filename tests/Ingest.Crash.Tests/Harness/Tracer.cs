using System.Diagnostics;

namespace Ingest.Crash.Tests.Harness;

/// <summary>
/// strace: sees the system calls of the real process, and makes chosen ones fail or kills the process as it enters one.
/// </summary>
internal static class Tracer
{
    private const string Path = "/usr/bin/strace";

    private static readonly Lazy<string?> Refusal = new(Try);

    /// <summary>Calls that change files, and those that make changes durable.</summary>
    internal const string FileCalls = "openat,open,creat,mkdir,mkdirat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fdatasync,fsync,"
        + "rename,renameat,renameat2,unlink,unlinkat";

    /// <summary>Skips the test with the reason when this machine does not allow tracing.</summary>
    internal static void SkipWhereForbidden()
    {
        if (Refusal.Value is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    // Of what is written: as much as tells where a cursor stands.
    private const string BytesShown = "24";

    /// <summary>Watches <paramref name="calls"/> and writes them to <paramref name="log"/>, file descriptors with their paths.</summary>
    internal static IReadOnlyList<string> Watch(string log, string calls) =>
        [Path, "-f", "--seccomp-bpf", "-qq", "-y", "-x", "-s", BytesShown, "-e", "signal=none", "-e", "trace=" + calls, "-o", log];

    /// <summary>Does <paramref name="what"/> (as <c>error=EIO:when=3+</c>) to a call; counted for each thread by itself.</summary>
    /// <param name="log">Where what happened is written.</param>
    /// <param name="call">The call.</param>
    /// <param name="what">What to do to it, and when.</param>
    /// <param name="path">Only calls on this file; null: on any.</param>
    /// <remarks>Every system call stops the process here: the filter that would avoid it (--seccomp-bpf) loses injected signals.</remarks>
    internal static IReadOnlyList<string> Inject(string log, string call, string what, string? path = null) =>
    [
        Path, "-f", "-qq", "-y", "-s", "0", "-e", "signal=none", "-e", "trace=" + call, "-o", log,
        "-e", $"inject={call}:{what}",
        .. path is null ? Array.Empty<string>() : ["-P", path],
    ];

    private static string? Try()
    {
        if (!File.Exists(Path))
        {
            return "strace is not installed.";
        }
        using var trial = Process.Start(new ProcessStartInfo(Path, ["-o", "/dev/null", "/bin/true"]) { RedirectStandardError = true })!;
        var error = trial.StandardError.ReadToEnd();
        trial.WaitForExit();
        return trial.ExitCode == 0 ? null : $"Tracing is not allowed here: {error.Trim()}";
    }
}
