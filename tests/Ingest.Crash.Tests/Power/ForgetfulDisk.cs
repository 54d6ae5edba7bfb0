using System.Diagnostics;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Power;

/// <summary>
/// A mounted file system that forgets at a cut what was not flushed (<c>checks/power</c>). After a cut every call fails until it is mounted
/// again.
/// </summary>
internal sealed class ForgetfulDisk : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly string Program = System.IO.Path.Combine(SourceTree.Root, "artifacts", "power", "forgetful");

    private readonly TemporaryDirectory _mountPoint = new();
    private readonly Process _process;

    private ForgetfulDisk(Names names)
    {
        string[] words = [_mountPoint.Path, names == Names.Strict ? "strict" : "journal"];
        // Ends, and takes the mount away, when its standard input does: with the test host at the latest.
        _process = Process.Start(new ProcessStartInfo(Program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    internal string Path => _mountPoint.Path;

    /// <summary>Mounts an empty one, or skips the test and says why.</summary>
    internal static async Task<ForgetfulDisk> MountAsync(Names names)
    {
        if (!File.Exists(Program))
        {
            Assert.Skip("The file system that forgets is not built: checks/power/build.sh does, with gcc and libfuse3-dev.");
        }
        if (!File.Exists("/dev/fuse") || Environment.UserName != "root")
        {
            Assert.Skip("A file system of its own needs /dev/fuse and root.");
        }
        var disk = new ForgetfulDisk(names);
        if (await disk.LineAsync() != "mounted")
        {
            var why = await disk._process.StandardError.ReadToEndAsync();
            await disk.DisposeAsync();
            Assert.Skip($"A file system of its own cannot be mounted here: {why.Trim()}");
        }
        return disk;
    }

    /// <summary>The power goes now.</summary>
    internal async Task<PowerLoss> CutAsync(Kept kept, int seed)
    {
        await SendAsync(string.Create(CultureInfo.InvariantCulture, $"cut {Word(kept)} {seed}"));
        return PowerLoss.Parse(await LineAsync());
    }

    /// <summary>The power goes in the middle of the <paramref name="count"/>th such call from now: see <see cref="LossAsync"/>.</summary>
    internal async Task CutAtAsync(Call call, int count, Kept kept, int seed)
    {
        await SendAsync(string.Create(
            CultureInfo.InvariantCulture, $"arm {call.ToString().ToLowerInvariant()} {count} {Word(kept)} {seed}"));
        Assert.Equal("armed", await LineAsync());
    }

    /// <summary>Waits for the cut that was asked for, no longer than this: then the power goes.</summary>
    internal async Task<PowerLoss> LossAsync(TimeSpan longest)
    {
        var line = LineAsync();
        try
        {
            return PowerLoss.Parse(await line.WaitAsync(longest, TimeProvider.System));
        }
        catch (TimeoutException)
        {
            // Where it has gone meanwhile, this does nothing: there is one line in either case.
            await SendAsync("cut any 1");
            return PowerLoss.Parse(await line);
        }
    }

    /// <summary>The power is back: what survived is mounted.</summary>
    internal async Task RemountAsync()
    {
        await SendAsync("mount");
        Assert.Equal("mounted", await LineAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Patience, TimeProvider.System);
        await _process.WaitForExitAsync(timeout.Token);
        _process.Dispose();
        _mountPoint.Dispose();
    }

    private static string Word(Kept kept) => kept switch
    {
        Kept.Nothing => "lost",
        Kept.Any => "any",
        Kept.Prefix => "prefix",
        _ => "almost",
    };

    private Task SendAsync(string line) => _process.StandardInput.WriteAsync(line + "\n").ContinueWith(
        _ => _process.StandardInput.FlushAsync(), TaskScheduler.Default).Unwrap();

    private async Task<string> LineAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? await _process.StandardError.ReadToEndAsync();
}
