using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

/// <summary>Which build of the native library the executable loads, with others hidden in a mount namespace of its own.</summary>
public sealed class NativeLibraryTests
{
    private const string Hide = "mount --bind /dev/null";

    private static readonly string[] SystemPaths =
        [.. Directory.Exists("/usr/lib") ? Directory.GetFiles("/usr/lib", "librdkafka.so*", Deep) : []];

    private static EnumerationOptions Deep => new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

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
