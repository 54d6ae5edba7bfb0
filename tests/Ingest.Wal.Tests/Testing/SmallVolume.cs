using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Wal.Tests.Testing;

/// <summary>A file system of its own that fills up quickly: a tmpfs, which only the superuser may mount.</summary>
internal sealed class SmallVolume : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private SmallVolume()
    {
    }

    internal string this[string name] => _directory[name];

    internal static SmallVolume MountOrSkip(int megabytes, bool readOnly = false)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only the superuser may mount a small file system.");
        var volume = new SmallVolume();
        if (!TryRun("mount", "-t", "tmpfs", "-o", $"size={megabytes}m{(readOnly ? ",ro" : "")}", "tmpfs", volume._directory.Path))
        {
            volume._directory.Dispose();
            Assert.Skip("Mounting is not allowed here.");
        }
        return volume;
    }

    public void Dispose()
    {
        TryRun("umount", "-l", _directory.Path);
        _directory.Dispose();
    }

    private static bool TryRun(string command, params IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
