using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

/// <summary>The build of the native library that the executable loads, with others hidden in a mount namespace of its own.</summary>
/// <remarks>Skipped, with the reason, for users who may not mount: files of the system cannot be hidden from a process otherwise.</remarks>
public sealed class NativeLibraryTests
{
    private const string Hide = "mount --bind /dev/null";

    // Where the loader looks: not the whole tree, in which links lead around in circles.
    private static readonly string[] SystemPaths =
        [.. Folders().Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "librdkafka.so*"))];

    /// <summary>True where this user may make a mount namespace, and the builds are those of the processor tested here.</summary>
    public static bool CanHide { get; } = OperatingSystem.IsLinux() && Run("true").Code == 0;

    [Fact(Skip = "needs unshare and the right to mount", SkipUnless = nameof(CanHide))]
    public void The_bundled_build_is_loaded_whether_or_not_the_system_has_one()
    {
        var hideSystem = string.Join("; ", SystemPaths.Select(path => $"{Hide} {path}").Append("true"));

        Assert.Matches("librdkafka 2\\.16\\.0, bundled build (centos8-)?librdkafka", Run(Check()).Output);
        Assert.Matches("librdkafka 2\\.16\\.0, bundled build (centos8-)?librdkafka", Run($"{hideSystem}; {Check()}").Output);
    }

    [Fact(Skip = "needs unshare and the right to mount", SkipUnless = nameof(CanHide))]
    public void Without_any_build_the_settings_are_refused_and_the_message_says_what_to_do()
    {
        var folder = Path.GetDirectoryName(SourceTree.Executable())!;
        var all = SystemPaths.Concat(Librdkafka.BundledNames.Select(name => Path.Combine(folder, $"{name}.so")));

        var (code, output) = Run(string.Join("; ", all.Where(File.Exists).Select(path => $"{Hide} {path}").Append(Check())));

        Assert.Equal(1, code);
        Assert.Contains("neither a bundled build nor the system's can be loaded", output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Folders() =>
        new[] { "/usr/lib", "/usr/lib64", "/usr/local/lib" }
            .Concat(Directory.Exists("/usr/lib") ? Directory.GetDirectories("/usr/lib", "*-linux-*") : []);

    private static string Check() =>
        $"{SourceTree.Executable()} config check --sink kafka --set Sinks:Kafka:BootstrapServers=127.0.0.1:1";

    private static (int Code, string Output) Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("timeout", ["120", "unshare", "-m", "sh", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
