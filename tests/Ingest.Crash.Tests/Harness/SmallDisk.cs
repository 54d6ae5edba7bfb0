using System.Diagnostics;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A file system of a few MiB of its own, which a test may fill to the last byte.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int BlockBytes = 1024 * 1024;

    private readonly TemporaryDirectory _mountPoint = new();

    private SmallDisk()
    {
    }

    internal string Path => _mountPoint.Path;

    private string Ballast => _mountPoint["ballast"];

    /// <summary>Mounts it, or skips the test where this user may not.</summary>
    /// <param name="mebibytes">Its size.</param>
    /// <param name="mode">A further mount option, such as <c>ro</c>.</param>
    internal static SmallDisk Mount(int mebibytes, string mode = "rw")
    {
        var disk = new SmallDisk();
        var options = string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m,mode=0755,{mode}");
        if (Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.Path) is { } error)
        {
            disk._mountPoint.Dispose();
            Assert.Skip($"A file system of its own cannot be mounted here: {error}");
        }
        return disk;
    }

    /// <summary>Takes every byte that is left.</summary>
    internal void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = BlockBytes; size > 0; size /= 2)
        {
            try
            {
                while (true)
                {
                    ballast.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // Full for this size; smaller ones may still fit.
            }
        }
    }

    /// <summary>Gives the bytes back.</summary>
    internal void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _mountPoint.Dispose();
    }

    /// <summary>Null, or what the command complained about.</summary>
    private static string? Run(string command, params IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
